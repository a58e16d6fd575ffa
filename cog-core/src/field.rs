//! Where in an input or output a value stands.

use std::fmt;

/// The place of a value below the root of an input or output, as a chain of borrowed steps.
///
/// It is a linked list on the stack, so that walking a value that has no fault allocates nothing. It prints as Cog names nested
/// places: the steps joined by slashes.
///
/// ```
/// use cog_core::FieldPath;
///
/// let tags = FieldPath::Root.field("tags");
/// assert_eq!(tags.index(1).to_string(), "tags/1");
/// assert_eq!(FieldPath::Root.to_string(), "");
/// ```
#[derive(Clone, Copy, Debug)]
pub enum FieldPath<'a> {
    /// The value itself.
    Root,
    /// A named member of the value at the first path.
    Field(&'a Self, &'a str),
    /// An item of the list at the first path.
    Index(&'a Self, usize),
}

impl<'a> FieldPath<'a> {
    /// Returns the place of the member `name` of the value here.
    #[must_use]
    pub const fn field(&'a self, name: &'a str) -> Self {
        Self::Field(self, name)
    }

    /// Returns the place of the item `index` of the list here.
    #[must_use]
    pub const fn index(&'a self, index: usize) -> Self {
        Self::Index(self, index)
    }
}

impl fmt::Display for FieldPath<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parent = match self {
            Self::Root => return Ok(()),
            Self::Field(parent, _) | Self::Index(parent, _) => parent,
        };
        if !matches!(parent, Self::Root) {
            write!(formatter, "{parent}/")?;
        }
        match self {
            Self::Root => Ok(()),
            Self::Field(_, name) => formatter.write_str(name),
            Self::Index(_, index) => write!(formatter, "{index}"),
        }
    }
}
