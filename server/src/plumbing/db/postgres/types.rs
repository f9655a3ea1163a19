//! Our few kinds of value in the wire form of PostgreSQL, by the type that the server expects: a null binds as any
//! type, and a kind that does not fit is our bug and is reported as one.

use super::super::{Column, DbError, Row, Value};
use bytes::BytesMut;
use std::error::Error;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

/// What a statement is given: one value, or a column of them.
pub(super) type Param = Box<dyn ToSql + Sync + Send>;

type Wrong = Box<dyn Error + Sync + Send>;

pub(super) fn scalars(values: &[Value]) -> Vec<Param> {
    values.iter().map(|value| Box::new(Scalar(value.clone())) as Param).collect()
}

/// Rows turned by a quarter: one array for each column.
pub(super) fn columns(types: &[Column], rows: &[Vec<Value>]) -> Result<Vec<Param>, DbError> {
    types.iter().enumerate().map(|(i, kind)| column(*kind, i, rows)).collect()
}

fn column(kind: Column, i: usize, rows: &[Vec<Value>]) -> Result<Param, DbError> {
    fn all<T: ToSql + Sync + Send + 'static>(
        i: usize,
        rows: &[Vec<Value>],
        take: fn(&Value) -> Option<T>,
    ) -> Result<Param, DbError> {
        let one = |row: &Vec<Value>| match row.get(i) {
            Some(Value::Null) => Ok(None),
            Some(value) => take(value).map(Some).ok_or_else(|| wrong(i)),
            None => Err(wrong(i)),
        };
        let cells: Vec<Option<T>> = rows.iter().map(one).collect::<Result<_, _>>()?;
        Ok(Box::new(cells))
    }
    match kind {
        Column::Id => all(i, rows, |value| if let Value::Id(id) = value { Some(*id) } else { None }),
        Column::Int => all(i, rows, |value| if let Value::Int(n) = value { Some(*n) } else { None }),
        Column::Text => all(i, rows, |value| if let Value::Text(text) = value { Some(text.clone()) } else { None }),
        Column::Blob => all(i, rows, |value| match value {
            Value::Blob(bytes) => Some(bytes.clone()),
            Value::Id(id) => Some(id.as_bytes().to_vec()),
            _ => None,
        }),
    }
}

fn wrong(i: usize) -> DbError {
    DbError::Broken(format!("column {i} of a list of rows holds another kind than it says"))
}

#[derive(Debug)]
struct Scalar(Value);

impl ToSql for Scalar {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Wrong> {
        match &self.0 {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(n) if *kind == Type::INT4 => i32::try_from(*n)?.to_sql(kind, out),
            Value::Int(n) if *kind == Type::INT8 => n.to_sql(kind, out),
            Value::Text(text) if <&str as ToSql>::accepts(kind) => text.as_str().to_sql(kind, out),
            // The embedded database keeps an id as bytes; they arrive like that when it is copied.
            Value::Blob(bytes) if *kind == Type::UUID => Uuid::from_slice(bytes)?.to_sql(kind, out),
            Value::Blob(bytes) if *kind == Type::BYTEA => bytes.as_slice().to_sql(kind, out),
            Value::Id(id) if *kind == Type::UUID => id.to_sql(kind, out),
            Value::Id(id) if *kind == Type::BYTEA => id.as_bytes().as_slice().to_sql(kind, out),
            other => Err(format!("{} does not fit a parameter of type {kind}", kind_of(other)).into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// Named without its content: that may be personal.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Int(_) => "an integer",
        Value::Text(_) => "a text",
        Value::Blob(_) => "bytes",
        Value::Id(_) => "an id",
    }
}

struct Cell(Value);

impl<'a> FromSql<'a> for Cell {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Cell, Wrong> {
        let value = match *kind {
            Type::INT8 => Value::Int(i64::from_sql(kind, raw)?),
            Type::INT4 => Value::Int(i64::from(i32::from_sql(kind, raw)?)),
            Type::INT2 => Value::Int(i64::from(i16::from_sql(kind, raw)?)),
            Type::BOOL => Value::Int(i64::from(bool::from_sql(kind, raw)?)),
            Type::UUID => Value::Id(Uuid::from_sql(kind, raw)?),
            Type::BYTEA => Value::Blob(raw.to_vec()),
            _ if <&str as FromSql>::accepts(kind) => Value::Text(String::from_sql(kind, raw)?),
            _ => return Err(format!("no column of ours has the type {kind}").into()),
        };
        Ok(Cell(value))
    }

    fn from_sql_null(_: &Type) -> Result<Cell, Wrong> {
        Ok(Cell(Value::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

pub(super) fn row(row: &tokio_postgres::Row) -> Result<Row, tokio_postgres::Error> {
    let cells = (0..row.len()).map(|i| row.try_get::<_, Cell>(i).map(|cell| cell.0));
    Ok(Row(cells.collect::<Result<_, _>>()?))
}
