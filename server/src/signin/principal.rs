//! Somebody who is signed in, with what they were granted, as facts.

use super::Permission;
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

#[derive(Clone, Debug)]
pub struct Grant {
    /// The school that the scope lies in; `None` when it lies above schools.
    pub school: Option<SchoolId>,
    pub scope: Scope,
    pub permissions: Vec<Permission>,
}

#[derive(Clone, Debug)]
pub struct Principal {
    pub user: UserId,
    pub name: String,
    pub grants: Vec<Grant>,
    /// Schools below a district or operator grant are answered by the loader, so that the guard needs no look-up.
    pub schools: Vec<SchoolId>,
    pub from: Option<IpAddr>,
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

    fn grants_at(&self, school: SchoolId) -> impl Iterator<Item = &Grant> {
        self.grants.iter().filter(move |grant| grant.school.is_none_or(|at| at == school))
    }
}
