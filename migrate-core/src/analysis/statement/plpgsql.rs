//! The body of a `DO` block or of a function in PL/pgSQL, as steps: which run for certain, and which only
//! under a condition, in a loop, or behind an exception.

use std::rc::Rc;

use crate::analysis::cursor::Cursor;

/// Bodies are not nested deeper by people.
const DEEPEST: usize = 50;

#[derive(Debug)]
pub(crate) enum Step<'s> {
    /// A statement of SQL.
    Sql(Cursor<'s>),
    /// `EXECUTE`: what computes the text.
    Execute(Cursor<'s>),
    /// An expression or a query whose rows are thrown away: it does what the functions in it do.
    Evaluate(Cursor<'s>),
    /// `IF` and `CASE`; a condition that is none of a `CASE` is empty.
    If {
        arms: Vec<(Cursor<'s>, Vec<Step<'s>>)>,
        otherwise: Vec<Step<'s>>,
    },
    Loop(Vec<Step<'s>>),
    Block {
        steps: Vec<Step<'s>>,
        handlers: Vec<Handler<'s>>,
    },
    /// `RETURN`, `EXIT`, `CONTINUE`: what follows may not run.
    Leave,
}

/// `WHEN condition OR condition THEN`.
#[derive(Debug)]
pub(crate) struct Handler<'s> {
    /// Lower case.
    pub(crate) conditions: Vec<Rc<str>>,
    pub(crate) steps: Vec<Step<'s>>,
}

#[derive(Debug)]
pub(crate) struct Body<'s> {
    pub(crate) steps: Vec<Step<'s>>,
    /// What variables are set to, wherever that is.
    assignments: Vec<(Rc<str>, Option<Cursor<'s>>)>,
    /// The variables of its own; arguments have values that nobody knows.
    declared: Vec<Rc<str>>,
}

impl Step<'_> {
    /// Whether what follows it may not run.
    pub(crate) fn may_leave(&self) -> bool {
        let any = |steps: &[Step<'_>]| steps.iter().any(Step::may_leave);
        match self {
            Step::Leave => true,
            Step::Sql(_) | Step::Execute(_) | Step::Evaluate(_) => false,
            Step::If { arms, otherwise } => {
                any(otherwise) || arms.iter().any(|(_, steps)| any(steps))
            }
            Step::Loop(steps) => any(steps),
            Step::Block { steps, handlers } => {
                any(steps) || handlers.iter().any(|handler| any(&handler.steps))
            }
        }
    }
}

impl<'s> Body<'s> {
    /// The one expression that a variable is set to, if there is one only.
    pub(crate) fn value(&self, variable: &str) -> Option<Cursor<'s>> {
        if !self.declared.iter().any(|name| **name == *variable) {
            return None;
        }
        let mut values = self.assignments.iter().filter(|(name, _)| **name == *variable);
        let (_, value) = values.next()?;
        if values.next().is_some() { None } else { *value }
    }
}

/// Reads a body; nothing where it is not understood.
pub(crate) fn body<'s>(text: Cursor<'s>) -> Option<Body<'s>> {
    let mut reader = Reader { left: text, assignments: Vec::new(), declared: Vec::new(), depth: 0 };
    // `#variable_conflict use_column` and its like.
    while reader.left.take_sign("#") {
        reader.left.skip(2);
    }
    reader.labels();
    let steps = reader.block()?;
    reader.left.take_sign(";");
    let Reader { left, assignments, declared, .. } = reader;
    left.is_empty().then_some(Body { steps, assignments, declared })
}

struct Reader<'s> {
    left: Cursor<'s>,
    assignments: Vec<(Rc<str>, Option<Cursor<'s>>)>,
    declared: Vec<Rc<str>>,
    depth: usize,
}

impl<'s> Reader<'s> {
    fn labels(&mut self) {
        while self.left.take_sign("<<") {
            self.left.skip(1);
            self.left.take_sign(">>");
        }
    }

    /// `[DECLARE …] BEGIN … [EXCEPTION …] END [label]`; without the semicolon.
    fn block(&mut self) -> Option<Vec<Step<'s>>> {
        let mut steps = Vec::new();
        if self.left.take(&["declare"]) {
            while !self.left.is(0, "begin") {
                let mut declaration = self.until_semicolon()?;
                let name = declaration.ident()?;
                // What is no text is written in another way when it becomes a part of one.
                let is_text = declaration.is_any(0, &["text", "varchar", "character", "constant"]);
                if !is_text {
                    self.assignments.push((name.text.clone(), None));
                }
                if declaration.is(0, "alias") {
                    self.assignments.extend(declaration.idents().map(|name| (name.text, None)));
                }
                self.declared.push(name.text.clone());
                if declaration.has(&["cursor"]) {
                    steps.push(Step::Evaluate(declaration));
                }
                while !declaration.is_empty() {
                    if declaration.take_any(&[&["default"]])
                        || declaration.take_sign(":=")
                        || declaration.take_sign("=")
                    {
                        self.assignments.push((name.text, Some(declaration)));
                        steps.push(Step::Evaluate(declaration));
                        break;
                    }
                    declaration.skip(1);
                }
            }
        }
        self.left.take(&["begin"]).then_some(())?;
        let inner = self.steps()?;
        let mut handlers = Vec::new();
        if self.left.take(&["exception"]) {
            while self.left.take(&["when"]) {
                let conditions = self.left.expression(|rest| rest.is(0, "then"));
                self.left.take(&["then"]).then_some(())?;
                let steps = self.steps()?;
                let names = conditions.idents().map(|name| name.text.to_lowercase().into());
                let names: Vec<Rc<str>> = names.filter(|name: &Rc<str>| &**name != "or").collect();
                handlers.push(Handler { conditions: names, steps });
            }
        }
        self.left.take(&["end"]).then_some(())?;
        if !self.left.is_sign(0, ";") {
            // The label again.
            self.left.ident();
        }
        if handlers.is_empty() {
            steps.extend(inner);
        } else {
            steps.push(Step::Block { steps: inner, handlers });
        }
        Some(steps)
    }

    /// Steps up to a word that ends them.
    fn steps(&mut self) -> Option<Vec<Step<'s>>> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let mut steps = Vec::new();
        loop {
            self.labels();
            if self.left.is_any(0, &["end", "else", "elsif", "elseif", "when", "exception"]) {
                self.depth -= 1;
                return Some(steps);
            }
            self.step(&mut steps)?;
        }
    }

    fn step(&mut self, steps: &mut Vec<Step<'s>>) -> Option<()> {
        let left = &mut self.left;
        if left.is_any(0, &["declare", "begin"]) {
            steps.extend(self.block()?);
            return self.semicolon();
        }
        if left.take(&["if"]) {
            return self.branches(steps, false);
        }
        if left.take(&["case"]) {
            if !left.is(0, "when") {
                let subject = left.expression(|rest| rest.is(0, "when"));
                steps.push(Step::Evaluate(subject));
            }
            left.take(&["when"]).then_some(())?;
            return self.branches(steps, true);
        }
        if left.is_any(0, &["loop", "while", "for", "foreach"]) {
            if !left.is(0, "loop") {
                self.head(steps);
            }
            self.left.take(&["loop"]).then_some(())?;
            let inner = self.steps()?;
            self.left.take(&["end", "loop"]).then_some(())?;
            if !self.left.is_sign(0, ";") {
                self.left.ident();
            }
            steps.push(Step::Loop(inner));
            return self.semicolon();
        }
        let mut one = self.until_semicolon()?;
        if let Some(first) = self.assigned(&one) {
            steps.push(first);
            return Some(());
        }
        let all = one;
        if one.take(&["execute"]) {
            self.into(&one);
            steps.push(Step::Execute(one));
        } else if one.take(&["perform"]) {
            steps.push(Step::Evaluate(one));
        } else if one.take(&["return"]) {
            let goes_on = one.is_any(0, &["next", "query"]);
            if one.take(&["query", "execute"]) {
                steps.push(Step::Execute(one));
            } else {
                steps.push(Step::Evaluate(one));
            }
            if !goes_on {
                steps.push(Step::Leave);
            }
        } else if one.take_any(&[&["exit"], &["continue"]]) {
            steps.extend([Step::Evaluate(one), Step::Leave]);
        } else if one.take(&["raise"]) {
            // If it raises an error, all of it fails: whoever comes further has not met one.
            steps.push(Step::Evaluate(one));
        } else if one.take(&["open"]) {
            match one.after(&["execute"]) {
                Some(text) => steps.push(Step::Execute(text)),
                None => steps.push(Step::Evaluate(one)),
            }
        } else if one
            .is_any(0, &["null", "assert", "get", "fetch", "move", "close", "commit", "rollback"])
        {
            self.into(&one);
            steps.push(Step::Evaluate(one));
        } else if !all.is_empty() {
            self.into(&all);
            steps.push(Step::Sql(all));
        }
        Some(())
    }

    /// What stands behind `IF` or `CASE … WHEN`, to the end of it.
    fn branches(&mut self, steps: &mut Vec<Step<'s>>, is_case: bool) -> Option<()> {
        let (mut arms, mut otherwise) = (Vec::new(), Vec::new());
        loop {
            let condition = self.left.expression(|rest| rest.is(0, "then"));
            self.left.take(&["then"]).then_some(())?;
            arms.push((condition, self.steps()?));
            let goes_on = if is_case {
                self.left.take(&["when"])
            } else {
                self.left.take_any(&[&["elsif"], &["elseif"]])
            };
            if !goes_on {
                break;
            }
        }
        if self.left.take(&["else"]) {
            otherwise = self.steps()?;
        }
        let end: &[&str] = if is_case { &["end", "case"] } else { &["end", "if"] };
        self.left.take(end).then_some(())?;
        steps.push(Step::If { arms, otherwise });
        self.semicolon()
    }

    /// What is before `LOOP`.
    fn head(&mut self, steps: &mut Vec<Step<'s>>) {
        let mut head = self.left.expression(|rest| rest.is(0, "loop"));
        if head.take_any(&[&["for"], &["foreach"]]) {
            let variables = head.expression(|rest| rest.is(0, "in") || rest.is(0, "slice"));
            self.assignments.extend(variables.idents().map(|name| (name.text, None)));
            head.take(&["in"]);
        } else {
            head.skip(1);
        }
        if head.take(&["execute"]) {
            steps.push(Step::Execute(head));
        } else {
            steps.push(Step::Evaluate(head));
        }
    }

    /// `variable := expression`, as a step.
    fn assigned(&mut self, one: &Cursor<'s>) -> Option<Step<'s>> {
        let mut rest = *one;
        let name = rest.name()?;
        while rest.take_sign("[") {
            while !rest.is_empty() && !rest.take_sign("]") {
                rest.skip(1);
            }
        }
        (rest.take_sign(":=") || rest.take_sign("=")).then_some(())?;
        // `label.variable`, or a part of a record.
        let value = (name.parts.len() == 1).then_some(rest);
        self.assignments.extend(name.parts.into_iter().map(|part| (part.text, value)));
        Some(Step::Evaluate(rest))
    }

    /// Notes what is set to what nobody knows: what stands behind an `INTO`, and all that `CALL` and
    /// `GET DIAGNOSTICS` name.
    fn into(&mut self, one: &Cursor<'s>) {
        if one.is_any(0, &["call", "get", "fetch", "move"]) {
            self.assignments.extend(one.idents().map(|name| (name.text, None)));
        }
        let mut rest = *one;
        while !rest.is_empty() {
            if !rest.take(&["into"]) {
                rest.skip(1);
                continue;
            }
            let mut into = rest;
            into.take(&["strict"]);
            while let Some(name) = into.name() {
                self.assignments.extend(name.parts.into_iter().map(|part| (part.text, None)));
                if !into.take_sign(",") {
                    break;
                }
            }
        }
    }

    fn until_semicolon(&mut self) -> Option<Cursor<'s>> {
        let start = self.left;
        let mut depth = 0;
        loop {
            let token = self.left.token(0)?;
            if depth == 0 && self.left.is_sign(0, ";") {
                let one = self.left.since(start);
                self.left.skip(1);
                return Some(one);
            }
            depth = self.left.deeper(depth, token);
            self.left.skip(1);
        }
    }

    fn semicolon(&mut self) -> Option<()> {
        self.left.take_sign(";").then_some(())
    }
}

#[cfg(test)]
mod tests;
