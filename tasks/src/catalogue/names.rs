//! Finding a task by its name, and saying what to do where it is not found.

use super::{
    Catalogue, layouts,
    shelf::{Entry, Shelf},
};
use crate::{Error, Presence, Result, TaskSpec, error::nearest};

impl Catalogue {
    /// The description of a task by its full name, `glue/rte`, or by `rte` where that is unique.
    ///
    /// # Errors
    /// A short name of several tasks, with the full names; a task whose data are not there, with the files that are
    /// wanted; an unknown name, with the nearest known one and how to bring a data set.
    pub fn find(&self, name: &str) -> Result<TaskSpec> {
        Ok(self.entry(name)?.1.spec.clone())
    }

    /// Which data of a task are there, also of one of which there are none.
    ///
    /// # Errors
    /// An unknown name, or a short one of several tasks at hand.
    pub fn presence(&self, name: &str) -> Result<Presence> {
        match self.entry(name) {
            Ok((_, entry)) => Ok(entry.presence.clone()),
            Err(Error::NoData { wants, .. }) => {
                Ok(Presence::Missing { wants: wants.join(", or ") })
            }
            Err(other) => Err(other),
        }
    }

    pub(super) fn at_hand(&self) -> impl Iterator<Item = (&Shelf, &Entry)> {
        self.shelves.iter().flat_map(|shelf| shelf.at_hand().map(move |entry| (shelf, entry)))
    }

    /// A task whose data are there, with its shelf.
    pub(super) fn entry(&self, name: &str) -> Result<(&Shelf, &Entry)> {
        let called: Vec<_> = self.at_hand().filter(|(_, entry)| entry.is_called(name)).collect();
        match called.as_slice() {
            [one] => Ok(*one),
            [] => Err(self.not_at_hand(name)),
            several => {
                let full = several.iter().map(|(_, entry)| entry.spec.full_name()).collect();
                Err(Error::Ambiguous { name: name.into(), full })
            }
        }
    }

    fn not_at_hand(&self, name: &str) -> Error {
        let wants = |shelves: &[Shelf]| -> Vec<String> {
            let entries = shelves.iter().flat_map(|shelf| &shelf.entries);
            let called = entries.filter(|entry| entry.is_called(name));
            called.filter_map(|entry| entry.wants().map(String::from)).collect()
        };
        let known = layouts::known();
        let in_folders = wants(&self.shelves);
        let wanted = if in_folders.is_empty() { wants(&known) } else { in_folders };
        if !wanted.is_empty() {
            return Error::NoData { name: name.into(), wants: wanted };
        }
        let entries = self.shelves.iter().chain(&known).flat_map(|shelf| &shelf.entries);
        let names: Vec<String> =
            entries.flat_map(|entry| [entry.spec.name.clone(), entry.spec.full_name()]).collect();
        let at_hand = self.at_hand().map(|(_, entry)| entry.spec.full_name()).collect();
        Error::NoTask { name: name.into(), nearest: nearest(name, &names), known: at_hand }
    }
}
