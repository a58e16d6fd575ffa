//! What an engine is there for: predictions or trainings.

/// What somebody asks of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Predictor,
    Trainer,
}

/// One value for each role that a model plays. It plays at least one.
#[derive(Clone, Debug)]
pub enum Roles<T> {
    /// It makes predictions.
    Predictor(T),
    /// It trains.
    Trainer(T),
    /// It does both.
    Both {
        /// What makes predictions.
        predictor: T,
        /// What trains.
        trainer: T,
    },
}

impl Role {
    /// The one that this is not.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Predictor => Self::Trainer,
            Self::Trainer => Self::Predictor,
        }
    }

    /// What whoever plays this role is called.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Predictor => "predictor",
            Self::Trainer => "trainer",
        }
    }

    /// What it is told to do.
    pub(crate) const fn verb(self) -> &'static str {
        match self {
            Self::Predictor => "predict",
            Self::Trainer => "train",
        }
    }

    /// What comes of it.
    pub(crate) const fn noun(self) -> &'static str {
        match self {
            Self::Predictor => "prediction",
            Self::Trainer => "training",
        }
    }
}

impl<T> Roles<T> {
    /// The value for `role` and no other.
    pub(crate) fn of(role: Role, value: T) -> Self {
        match role {
            Role::Predictor => Self::Predictor(value),
            Role::Trainer => Self::Trainer(value),
        }
    }

    /// Returns the value for `role`, if the model plays it.
    pub(crate) const fn get(&self, role: Role) -> Option<&T> {
        match (self, role) {
            (Self::Predictor(value) | Self::Both { predictor: value, .. }, Role::Predictor)
            | (Self::Trainer(value) | Self::Both { trainer: value, .. }, Role::Trainer) => Some(value),
            _ => None,
        }
    }

    /// Returns the role that the model is known for: the predictor, unless it only trains.
    pub(crate) const fn main(&self) -> (Role, &T) {
        match self {
            Self::Predictor(value) | Self::Both { predictor: value, .. } => (Role::Predictor, value),
            Self::Trainer(value) => (Role::Trainer, value),
        }
    }

    /// Returns each role with its value, the main one first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Role, &T)> + Clone {
        [Role::Predictor, Role::Trainer].into_iter().filter_map(move |role| Some((role, self.get(role)?)))
    }

    /// Makes other values of these.
    pub(crate) fn try_map<U, E>(&self, mut map: impl FnMut(Role, &T) -> Result<U, E>) -> Result<Roles<U>, E> {
        Ok(match self {
            Self::Predictor(value) => Roles::Predictor(map(Role::Predictor, value)?),
            Self::Trainer(value) => Roles::Trainer(map(Role::Trainer, value)?),
            Self::Both { predictor, trainer } => Roles::Both {
                predictor: map(Role::Predictor, predictor)?,
                trainer: map(Role::Trainer, trainer)?,
            },
        })
    }
}

/// A predictor, as most are.
impl<T> From<T> for Roles<T> {
    fn from(predictor: T) -> Self {
        Self::Predictor(predictor)
    }
}
