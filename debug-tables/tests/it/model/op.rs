//! Changes of one table, and how a random one comes to meet what is in the table.

use debug_tables::Error;

use super::{Item, List};

#[derive(Clone, Debug)]
pub enum Op {
    Insert(Item),
    Remove(Item),
    RemoveByRef(u64),
    RemoveAll(u32),
}

impl Op {
    pub fn apply(&self, list: &mut List) -> Result<usize, Error> {
        match self {
            Self::Insert(item) => list.insert(*item).map(|()| 0),
            Self::Remove(item) => list.remove(*item).map(|()| 0),
            Self::RemoveByRef(reference) => list.remove_by_ref(*reference).map(|()| 0),
            Self::RemoveAll(mask) => Ok(list.remove_all(*mask)),
        }
    }

    /// Whether the operation meets an entry that is there: a reference or an address in use.
    pub fn meets_one_of(&self, list: &List) -> bool {
        match self {
            Self::Insert(item) | Self::Remove(item) => list.items.iter().any(|other| {
                other.addr == item.addr || (item.reference.is_some() && item.reference == other.reference)
            }),
            Self::RemoveByRef(reference) => list.get_by_ref(*reference).is_some(),
            Self::RemoveAll(mask) => list.items.iter().any(|other| other.flags & mask != 0),
        }
    }
}

/// All the operations, or none of them.
pub fn apply_all(list: &mut List, ops: &[Op]) -> Result<usize, Error> {
    let mut next = list.clone();
    let sum = ops.iter().map(|op| op.apply(&mut next)).sum::<Result<usize, Error>>()?;
    *list = next;
    Ok(sum)
}

/// An operation that may yet take its operand from the table.
#[derive(Clone, Debug)]
pub struct Draft {
    pub op: Op,
    /// Counts the entries of the table, round and round.
    pub pick: Option<usize>,
}

impl Draft {
    pub fn on(&self, list: &List) -> Op {
        let Some(&there) = self.pick.and_then(|pick| list.items.get(pick % list.items.len().max(1))) else {
            return self.op.clone();
        };
        match self.op {
            Op::Insert(item) => Op::Insert(Item { addr: there.addr, len: there.len, ..item }),
            Op::Remove(_) => Op::Remove(there),
            Op::RemoveByRef(reference) => Op::RemoveByRef(there.reference.unwrap_or(reference)),
            Op::RemoveAll(mask) => Op::RemoveAll(mask),
        }
    }
}

/// The operations of an update, each drawn from the table as the ones before it leave it.
pub fn resolve(drafts: &[Draft], list: &List) -> Vec<Op> {
    let mut next = list.clone();
    let resolved = drafts.iter().map(|draft| {
        let op = draft.on(&next);
        let _refused = op.apply(&mut next);
        op
    });
    resolved.collect()
}
