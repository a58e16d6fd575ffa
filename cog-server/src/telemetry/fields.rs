//! Fields of spans as JSON, at little cost where there is one and it is a plain text.
//!
//! Each prediction has a span with its name in it, which is written for log lines that mostly never come. [`JsonFields`] collects, sorts
//! and escapes; it does the work whenever there is something to collect, sort or escape.

use std::fmt::{self, Debug};

use tracing::field::{Field, Visit};
use tracing::span::Record;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::{FormatFields, FormattedFields};

/// Writes what [`JsonFields`] does.
#[derive(Debug, Default)]
pub(super) struct SpanFields(JsonFields);

impl<'a> FormatFields<'a> for SpanFields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'a>, fields: R) -> fmt::Result {
        let mut found = Found::Nothing;
        fields.record(&mut found);
        match found {
            Found::Name(name) => writer.write_str(&name),
            Found::Nothing | Found::Other => self.0.format_fields(writer, fields),
        }
    }

    fn add_fields(&self, current: &'a mut FormattedFields<Self>, fields: &Record<'_>) -> fmt::Result {
        let mut known = FormattedFields::<JsonFields>::new(std::mem::take(&mut current.fields));
        let added = self.0.add_fields(&mut known, fields);
        current.fields = known.fields;
        added
    }
}

/// What fields there are.
#[derive(Debug)]
enum Found {
    Nothing,
    /// One text in which nothing has to be escaped, as a JSON object.
    Name(String),
    Other,
}

impl Visit for Found {
    fn record_str(&mut self, field: &Field, value: &str) {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        *self = match self {
            Self::Nothing if value.bytes().all(is_plain) => {
                Self::Name(["{\"", field.name(), "\":\"", value, "\"}"].concat())
            }
            _ => Self::Other,
        };
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {
        *self = Self::Other;
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::MakeWriter;
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::{Registry, fmt};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Lines {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    /// What is logged in spans of many kinds, with a formatter of fields.
    fn logged<N>(fields: N) -> String
    where
        N: for<'a> FormatFields<'a> + Send + Sync + 'static,
    {
        let lines = Lines::default();
        let layer = fmt::layer().json().without_time().with_writer(lines.clone()).fmt_fields(fields);
        tracing::subscriber::with_default(Registry::default().with(layer), || {
            let span = tracing::info_span!("one", name = "pred_1", later = tracing::field::Empty);
            span.in_scope(|| tracing::info!("a"));
            span.record("later", "text");
            span.in_scope(|| tracing::info!("b"));
            for name in ["", "with space", "quote\"", "back\\slash", "ümlaut", "line\n"] {
                tracing::info_span!("two", name).in_scope(|| tracing::info!("c"));
            }
            tracing::info_span!("three").in_scope(|| tracing::info!("d"));
            tracing::info_span!("four", b = 1, a = "x", c = ?Some(1)).in_scope(|| tracing::info!("e"));
            tracing::info_span!("five", a = "x", b = "y").in_scope(|| tracing::info!("f"));
            tracing::info_span!("six", a = true).in_scope(|| tracing::info!("g"));
        });
        let lines = lines.0.lock().unwrap();
        String::from_utf8(lines.clone()).unwrap()
    }

    #[test]
    fn lines_are_the_same_as_without() {
        let expected = logged(JsonFields::new());
        assert_eq!(expected.lines().count(), 12);
        assert_eq!(logged(SpanFields::default()), expected);
    }
}
