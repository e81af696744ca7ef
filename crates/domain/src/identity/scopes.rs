//! What a machine client may do.

/// One permission of an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// State and progress of every attempt.
    ReadAssessments,
    /// Released results of every attempt.
    ReadResults,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 2] = [Self::ReadAssessments, Self::ReadResults];

    /// The stored and public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadAssessments => "assessments:read",
            Self::ReadResults => "results:read",
        }
    }

    /// The scope of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// Whether it has this one.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Their names, in the order of [`Scope::ALL`].
    pub fn names(self) -> Vec<&'static str> {
        let has = |scope: &Scope| self.contains(*scope);
        Scope::ALL.into_iter().filter(has).map(Scope::as_str).collect()
    }

    /// As stored: names with spaces between.
    pub fn to_text(self) -> String {
        self.names().join(" ")
    }

    /// The set of a stored text.
    pub fn from_text(text: &str) -> Option<Self> {
        text.split_whitespace().map(Scope::parse).collect()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |set, scope| set | scope.bit()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_read_back_from_its_text() {
        for scopes in [vec![], vec![Scope::ReadResults], Scope::ALL.to_vec()] {
            let set: Scopes = scopes.iter().copied().collect();
            assert_eq!(Scopes::from_text(&set.to_text()), Some(set));
            for scope in Scope::ALL {
                assert_eq!(set.contains(scope), scopes.contains(&scope));
            }
        }
        assert_eq!(Scopes::from_text("assessments:read everything"), None);
    }
}
