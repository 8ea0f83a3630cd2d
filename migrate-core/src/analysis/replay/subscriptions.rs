//! Tracks subscriptions with a replication slot. A server only drops them outside of a transaction.

use std::collections::HashMap;
use std::rc::Rc;

use super::state::ReplayState;
use crate::analysis::model::FileSpan;
use crate::chain::problem::Problem;
use crate::syntax::cursor::Cursor;

/// The subscriptions of the chain that certainly have a slot, and where they are created; `None`
/// once something untracked may have changed one.
pub(super) type WithSlot = Option<HashMap<Rc<str>, FileSpan>>;

impl ReplayState {
    /// Follows each statement of a section, before it is replayed.
    pub(super) fn follow_subscriptions(&mut self, all: &Cursor<'_>) {
        let Some(with_slot) = &mut self.with_slot else { return };
        let mut rest = *all;
        let verb = ["create", "alter", "drop"].into_iter().find(|verb| rest.take(&[verb]));
        let Some(verb) = verb.filter(|_| rest.take(&["subscription"])) else {
            // A block or a function may change a subscription.
            let is_named = |text: &str| text.to_ascii_lowercase().contains("subscription");
            if all.tokens().iter().any(|token| is_named(all.text(*token))) {
                self.with_slot = None;
            }
            return;
        };
        rest.take(&["if", "exists"]);
        let Some(name) = rest.ident() else { return };
        match verb {
            "create" if has_slot(&rest) => {
                let place = FileSpan { source: self.source, span: name.span };
                with_slot.insert(name.text, place);
            }
            "alter" if rest.take(&["rename", "to"]) => {
                let renamed = with_slot.remove(&name.text).zip(rest.ident());
                with_slot.extend(renamed.map(|(place, to)| (to.text, place)));
            }
            // A change of its options may change the slot.
            "alter" if rest.is(0, "set") => {
                with_slot.remove(&name.text);
            }
            "alter" => {}
            _ => {
                let made = with_slot.remove(&name.text);
                if let Some(place) = made.filter(|_| self.in_transaction) {
                    let statement = "DROP SUBSCRIPTION of one with a replication slot".to_owned();
                    self.report(Problem::NeedsNoTransaction { statement }, name.span, "");
                    self.add_related(place, "created here");
                }
            }
        }
    }
}

/// Whether `CREATE SUBSCRIPTION` creates a slot: it does unless the options say `slot_name = NONE`.
fn has_slot(rest: &Cursor<'_>) -> bool {
    let options = rest.after(&["with"]).and_then(|mut options| options.parentheses());
    options.is_none_or(|options| !options.split().iter().any(|option| option.is(0, "slot_name")))
}
