//! Somebody who is signed in, with what they were granted, as facts.

use super::sessions::TokenHash;
use super::{Permission, roles::Role};
use std::net::IpAddr;
use uuid::Uuid;
use yitong_values::{SchoolId, UserId};

/// A place of the tree that a grant covers, with all below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Operator,
    District(Uuid),
    School(Uuid),
    Campus(Uuid),
    Canteen(Uuid),
    Stall(Uuid),
}

impl Scope {
    pub fn from_parts(kind: &str, id: Uuid) -> Option<Scope> {
        Some(match kind {
            "operator" => Scope::Operator,
            "district" => Scope::District(id),
            "school" => Scope::School(id),
            "campus" => Scope::Campus(id),
            "canteen" => Scope::Canteen(id),
            "stall" => Scope::Stall(id),
            _ => return None,
        })
    }

    pub fn parts(self) -> (&'static str, Uuid) {
        match self {
            Scope::Operator => ("operator", Uuid::nil()),
            Scope::District(id) => ("district", id),
            Scope::School(id) => ("school", id),
            Scope::Campus(id) => ("campus", id),
            Scope::Canteen(id) => ("canteen", id),
            Scope::Stall(id) => ("stall", id),
        }
    }

    /// A school or a part of one.
    pub fn below_school(self) -> bool {
        !matches!(self, Scope::Operator | Scope::District(_))
    }

    /// The whole school, or more.
    pub fn whole_school(self) -> bool {
        matches!(self, Scope::Operator | Scope::District(_) | Scope::School(_))
    }
}

/// The pupils whose guardians a permission reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pupils {
    All,
    /// Those of the classes that this user's role was granted for.
    OfClasses(UserId),
}

impl Pupils {
    /// For a statement that leaves out everybody else: the user whose classes count, or null.
    pub fn teacher(self) -> Option<Uuid> {
        match self {
            Pupils::All => None,
            Pupils::OfClasses(user) => Some(user.uuid()),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Grant {
    /// The schools that the scope covers or lies in. A district covers its own schools, no other that the user knows.
    pub schools: Vec<SchoolId>,
    pub scope: Scope,
    pub role: Role,
    pub permissions: Vec<Permission>,
}

#[derive(Clone, Debug)]
pub struct Principal {
    pub user: UserId,
    pub name: String,
    pub grants: Vec<Grant>,
    /// All schools of the grants, so that the guard needs no look-up.
    pub schools: Vec<SchoolId>,
    pub from: Option<IpAddr>,
    /// Whose cookie it was, for what goes on after the request.
    pub session: TokenHash,
}

impl Principal {
    pub fn knows(&self, school: SchoolId) -> bool {
        self.schools.contains(&school)
    }

    /// Whether some grant that covers a part of the school gives the permission.
    pub fn may(&self, permission: Permission, school: SchoolId) -> bool {
        self.knows(school) && self.grants_at(school).any(|grant| grant.permissions.contains(&permission))
    }

    /// The grants that give this permission at this school; a stall or canteen grant narrows what may be touched.
    pub fn scopes(&self, permission: Permission, school: SchoolId) -> Vec<Scope> {
        self.grants_at(school)
            .filter(|grant| grant.permissions.contains(&permission))
            .map(|grant| grant.scope)
            .collect()
    }

    /// The pupils that this permission reaches: all, if one of the roles that give it is for more than its classes.
    pub fn pupils(&self, permission: Permission, school: SchoolId) -> Pupils {
        let mut giving = self.grants_at(school).filter(|grant| grant.permissions.contains(&permission));
        if giving.any(|grant| !grant.role.of_classes()) { Pupils::All } else { Pupils::OfClasses(self.user) }
    }

    /// Whether the server itself, with all its schools, is theirs to run.
    pub fn operates(&self) -> bool {
        let whole = self.grants.iter().filter(|grant| grant.scope == Scope::Operator);
        whole.flat_map(|grant| &grant.permissions).any(|permission| *permission == Permission::Operate)
    }

    /// Everything that is allowed somewhere in the school.
    pub fn permissions(&self, school: SchoolId) -> Vec<Permission> {
        Permission::ALL.iter().copied().filter(|permission| self.may(*permission, school)).collect()
    }

    pub fn roles(&self, school: SchoolId) -> Vec<Role> {
        let mut roles: Vec<Role> = self.grants_at(school).map(|grant| grant.role).collect();
        roles.dedup();
        roles
    }

    fn grants_at(&self, school: SchoolId) -> impl Iterator<Item = &Grant> {
        self.grants.iter().filter(move |grant| grant.schools.contains(&school))
    }
}
