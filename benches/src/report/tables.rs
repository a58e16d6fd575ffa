//! A report as Markdown, in columns of the same width, so that a terminal shows it as well.

use std::fmt::Write;

use super::{RATIO, Report, distinct};

/// Returns the facts, the figures of each part, those who are absent, and which bounds hold.
pub(super) fn markdown(report: &Report) -> String {
    let facts = report.facts.iter().map(|(name, fact)| vec![name.to_owned(), fact.to_owned()]);
    let mut text = table(&["the run", ""], facts);
    for part in distinct(report.figures.iter().map(|figure| figure.part)) {
        let _ = write!(text, "\n### {part}\n\n{}", figures(report, part));
        for absent in report.absent.iter().filter(|absent| absent.part == part) {
            let _ = writeln!(text, "\nAbsent: {}: {}.", absent.who, absent.reason);
        }
    }
    let bounds = bounds(report);
    if !bounds.is_empty() {
        let _ = write!(text, "\n### Bounds\n\n{}", table(&["part", "what", "found", "bound", ""], bounds));
    }
    text
}

/// A row for each thing that was measured, and a column for each one it was measured of.
fn figures(report: &Report, part: &str) -> String {
    // Ratios that have a bound are among the bounds.
    let is_shown = |it: &&super::Figure| it.part == part && (it.unit != RATIO || it.goal.is_none());
    let figures: Vec<_> = report.figures.iter().filter(is_shown).collect();
    let everyone = distinct(figures.iter().map(|figure| &*figure.who));
    let mut rows: Vec<Vec<String>> = Vec::new();
    for figure in &figures {
        let title = format!("{}, {}", figure.what, figure.unit);
        if rows.iter().any(|row| row.first() == Some(&title)) {
            continue;
        }
        let cells = everyone.iter().map(|who| {
            let is_meant =
                |it: &&&super::Figure| it.who == *who && it.what == figure.what && it.unit == figure.unit;
            figures.iter().find(is_meant).map(|it| number(it.value)).unwrap_or_default()
        });
        rows.push(std::iter::once(title.clone()).chain(cells).collect());
    }
    if rows.is_empty() {
        return String::new();
    }
    let heads: Vec<_> = std::iter::once("").chain(everyone.iter().copied()).collect();
    table(&heads, rows)
}

fn bounds(report: &Report) -> Vec<Vec<String>> {
    let rows = report.figures.iter().filter_map(|figure| {
        let goal = figure.goal.as_ref()?;
        let verdict = if goal.holds { "held" } else { "**missed**" };
        let who = if figure.who == super::OURS { String::new() } else { format!("{}: ", figure.who) };
        Some(vec![
            figure.part.to_owned(),
            format!("{who}{}", figure.what),
            format!("{} {}", number(figure.value), figure.unit),
            goal.bound.to_string(),
            verdict.to_owned(),
        ])
    });
    rows.collect()
}

/// Columns but for the first stand to the right, as numbers do.
fn table(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let rows: Vec<_> =
        std::iter::once(heads.iter().map(|&head| head.to_owned()).collect()).chain(rows).collect();
    let length = |cell: &String| cell.chars().count();
    let widths: Vec<_> = (0..heads.len())
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(length).max().unwrap_or(0).max(3))
        .collect();
    let mut text = String::new();
    for (place, row) in rows.iter().enumerate() {
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let _ = match column {
                0 => write!(text, "| {cell:<width$} |"),
                _ => write!(text, " {cell:>width$} |"),
            };
        }
        text.push('\n');
        if place == 0 {
            for (column, width) in widths.iter().enumerate() {
                let _ = match column {
                    0 => write!(text, "|{:-<1$}|", "", width + 2),
                    _ => write!(text, "{:-<1$}:|", "", width + 1),
                };
            }
            text.push('\n');
        }
    }
    text
}

/// Returns a figure as it is shown.
pub(super) fn number(value: f64) -> String {
    let places = places(value);
    let text = format!("{value:.places$}");
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let digits = whole.chars().count();
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0
            && digit.is_ascii_digit()
            && (digits - place).is_multiple_of(3)
            && !grouped.ends_with('-')
        {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + fraction
}

/// Returns the value of a figure as it is shown.
pub(super) fn rounded(value: f64) -> f64 {
    let scale = [1.0, 10.0, 100.0].get(places(value)).copied().unwrap_or(1.0);
    (value * scale).round() / scale
}

/// Three digits at least, and none behind the point of a whole number.
fn places(value: f64) -> usize {
    match value.abs() {
        whole if whole.fract() == 0.0 => 0,
        small if small < 10.0 => 2,
        medium if medium < 100.0 => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_it() {
        let expected = "\
| the run |               |
|---------|--------------:|
| date    |    2026-01-02 |
| CPU     | some, 2 cores |

### overhead

|                          |   ours | bare & alone |
|--------------------------|-------:|-------------:|
| 1 connection, requests/s | 15,234 |       20,000 |

Absent: litserve: it ended with exit status: 1.

### start

|                   | ours |
|-------------------|-----:|
| exec to ready, ms | 15.0 |
| idle memory, MiB  | 12.1 |

### Bounds

| part     |                               what |    found | bound |            |
|----------|-----------------------------------:|---------:|------:|-----------:|
| overhead | 1 connection, requests/s over bare |   0.76 × | ≥ 0.5 |       held |
| start    |                      exec to ready |  15.0 ms |  ≤ 15 |       held |
| start    |                        idle memory | 12.1 MiB |  ≤ 12 | **missed** |
";
        assert_eq!(markdown(&super::super::tests::report()), expected);
    }

    #[test]
    fn numbers_have_three_digits_or_all() {
        for (value, shown) in [
            (0.0, "0"),
            (1.0, "1"),
            (0.004, "0.00"),
            (-0.26, "-0.26"),
            (9.876, "9.88"),
            (12.34, "12.3"),
            (-123.4, "-123"),
            (1234.0, "1,234"),
            (-123_456.7, "-123,457"),
            (1_234_567.0, "1,234,567"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(number(value), shown);
        }
    }
}
