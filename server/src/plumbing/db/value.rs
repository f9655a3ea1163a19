//! The few kinds of value that cross the border to a database, and a row of them.

use super::DbError;
use uuid::Uuid;
use yitong_values::{BusinessDay, Cents, Timestamp};

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
    Id(Uuid),
}

macro_rules! value_from {
    ($($kind:ty, $v:ident => $value:expr;)*) => {$(
        impl From<$kind> for Value { fn from($v: $kind) -> Value { $value } }
    )*};
}

value_from! {
    i64, v => Value::Int(v);
    i32, v => Value::Int(i64::from(v));
    u32, v => Value::Int(i64::from(v));
    bool, v => Value::Int(i64::from(v));
    &str, v => Value::Text(v.to_owned());
    String, v => Value::Text(v);
    &String, v => Value::Text(v.clone());
    Vec<u8>, v => Value::Blob(v);
    &[u8], v => Value::Blob(v.to_vec());
    Uuid, v => Value::Id(v);
    Cents, v => Value::Int(v.fen());
    Timestamp, v => Value::Int(v.ms());
    BusinessDay, v => Value::Int(v.number());
}

macro_rules! value_from_ids {
    ($($kind:ident)*) => {$(
        impl From<yitong_values::$kind> for Value {
            fn from(id: yitong_values::$kind) -> Value { Value::Id(id.uuid()) }
        }
    )*};
}

value_from_ids! { AuditId BindingId CampusId CanteenId ChannelAccountId ClassId ComplaintId ConsentId CredentialId
DataReportId DishId DishRevisionId DistrictId EntryId GuardianId MandateId MealPeriodId NoticeId OperatorId
PaymentOrderId PersonId PlanId PrintBatchId RefundId SchoolId SessionId StallId TerminalId UserId }

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

/// A row as it came back. Asking for the wrong kind is our bug, and is reported as a broken row, not as a panic.
#[derive(Clone, Debug)]
pub struct Row(pub Vec<Value>);

impl Row {
    pub fn int(&self, i: usize) -> Result<i64, DbError> {
        self.opt_int(i)?.ok_or_else(|| self.wrong(i, "an integer"))
    }

    pub fn flag(&self, i: usize) -> Result<bool, DbError> {
        self.int(i).map(|n| n != 0)
    }

    pub fn cents(&self, i: usize) -> Result<Cents, DbError> {
        self.int(i).map(Cents::new)
    }

    pub fn time(&self, i: usize) -> Result<Timestamp, DbError> {
        self.int(i).map(Timestamp::from_ms)
    }

    pub fn day(&self, i: usize) -> Result<BusinessDay, DbError> {
        BusinessDay::from_number(self.int(i)?).map_err(|_| self.wrong(i, "a day"))
    }

    pub fn text(&self, i: usize) -> Result<String, DbError> {
        self.opt_text(i)?.ok_or_else(|| self.wrong(i, "a text"))
    }

    pub fn blob(&self, i: usize) -> Result<Vec<u8>, DbError> {
        self.opt_blob(i)?.ok_or_else(|| self.wrong(i, "bytes"))
    }

    pub fn id(&self, i: usize) -> Result<Uuid, DbError> {
        self.opt_id(i)?.ok_or_else(|| self.wrong(i, "an id"))
    }

    pub fn opt_int(&self, i: usize) -> Result<Option<i64>, DbError> {
        match self.0.get(i) {
            Some(Value::Null) => Ok(None),
            Some(Value::Int(n)) => Ok(Some(*n)),
            _ => Err(self.wrong(i, "an integer")),
        }
    }

    pub fn opt_time(&self, i: usize) -> Result<Option<Timestamp>, DbError> {
        Ok(self.opt_int(i)?.map(Timestamp::from_ms))
    }

    pub fn opt_text(&self, i: usize) -> Result<Option<String>, DbError> {
        match self.0.get(i) {
            Some(Value::Null) => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text.clone())),
            _ => Err(self.wrong(i, "a text")),
        }
    }

    pub fn opt_blob(&self, i: usize) -> Result<Option<Vec<u8>>, DbError> {
        match self.0.get(i) {
            Some(Value::Null) => Ok(None),
            Some(Value::Blob(bytes)) => Ok(Some(bytes.clone())),
            Some(Value::Id(id)) => Ok(Some(id.as_bytes().to_vec())),
            _ => Err(self.wrong(i, "bytes")),
        }
    }

    /// SQLite keeps an id as 16 bytes, so both forms are read.
    pub fn opt_id(&self, i: usize) -> Result<Option<Uuid>, DbError> {
        match self.0.get(i) {
            Some(Value::Null) => Ok(None),
            Some(Value::Id(id)) => Ok(Some(*id)),
            Some(Value::Blob(bytes)) => Uuid::from_slice(bytes).map(Some).map_err(|_| self.wrong(i, "an id")),
            _ => Err(self.wrong(i, "an id")),
        }
    }

    fn wrong(&self, i: usize, wanted: &str) -> DbError {
        let found = match self.0.get(i) {
            None => "no such column",
            Some(Value::Null) => "null",
            Some(Value::Int(_)) => "an integer",
            Some(Value::Text(_)) => "a text",
            Some(Value::Blob(_)) => "bytes",
            Some(Value::Id(_)) => "an id",
        };
        DbError::Broken(format!("column {i} should hold {wanted} and holds {found}"))
    }
}
