//! Parses calls with special syntax: `extract(year FROM a)`, `trim(both FROM a)`, `coalesce(a, b)`.

use super::reader::Reader;
use super::tree::{Expr, ExprId};

/// Keywords between the arguments of such calls.
const BETWEEN: [&str; 7] = ["from", "for", "placing", "similar", "escape", "in", "using"];

impl Reader<'_> {
    /// Whether a word before a parenthesis starts such a call. If so, its output name, if known.
    pub(super) fn special_label(word: &str) -> Option<Option<&'static str>> {
        const LABELS: [(&str, Option<&str>); 34] = [
            ("coalesce", Some("coalesce")),
            ("greatest", Some("greatest")),
            ("least", Some("least")),
            ("nullif", Some("nullif")),
            ("grouping", Some("grouping")),
            ("extract", Some("extract")),
            ("normalize", Some("normalize")),
            ("overlay", Some("overlay")),
            ("position", Some("position")),
            ("substring", Some("substring")),
            ("trim", None),
            ("merge_action", Some("merge_action")),
            ("xmlconcat", None),
            ("xmlelement", None),
            ("xmlexists", None),
            ("xmlforest", None),
            ("xmlparse", None),
            ("xmlpi", None),
            ("xmlroot", None),
            ("xmlserialize", None),
            ("xmlattributes", None),
            ("json", None),
            ("json_array", None),
            ("json_arrayagg", None),
            ("json_exists", None),
            ("json_object", None),
            ("json_objectagg", None),
            ("json_query", None),
            ("json_scalar", None),
            ("json_serialize", None),
            ("json_table", None),
            ("json_value", None),
            ("setof", None),
            ("interval", None),
        ];
        LABELS.iter().find(|(known, _)| *known == word).map(|(_, label)| *label)
    }

    /// Parses such a call.
    pub(super) fn special(&mut self, label: Option<&'static str>) -> Option<ExprId> {
        let word = self.word(0);
        let is_unread = word.starts_with("xml")
            || word.starts_with("json")
            || matches!(&*word, "setof" | "interval");
        self.rest.skip(1);
        if is_unread {
            self.skip_brackets()?;
            // `OVER`, `FILTER` and a string after a type remain unread, and so the query is not
            // understood.
            return Some(self.add(Expr::Unknown));
        }
        self.need_sign("(")?;
        let mut arguments = Vec::new();
        match &*word {
            // The field is not a column; it may also be a string.
            "extract" => {
                self.rest.skip(1);
                self.need(&["from"])?;
            }
            "trim" => {
                self.rest.take_any(&[&["both"], &["leading"], &["trailing"]]);
            }
            "normalize" => {
                arguments.push(self.expression()?);
                if self.take_sign(",") {
                    self.rest.skip(1);
                }
            }
            "position" => {
                arguments.push(self.operand()?);
                self.need(&["in"])?;
            }
            _ => {}
        }
        while !self.take_sign(")") {
            if self.take_sign(",") || self.rest.is_any(0, &BETWEEN) && self.rest.len() > 1 {
                // In `substring(a SIMILAR b ESCAPE c)`, each keyword is a separator.
                if BETWEEN.iter().any(|word| self.rest.is(0, word)) {
                    self.rest.skip(1);
                }
                continue;
            }
            arguments.push(self.expression_before_similar(&word)?);
        }
        Some(self.add(Expr::Special { label, arguments }))
    }

    /// Parses an argument. In `substring`, `SIMILAR` is not an operator.
    fn expression_before_similar(&mut self, word: &str) -> Option<ExprId> {
        if word == "substring" { self.operand() } else { self.expression() }
    }
}
