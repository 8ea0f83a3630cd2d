//! In which order the statements of several files run: as far as each file leads by itself, in
//! turns, until nothing is left or nothing leads on.

/// What came of a statement.
pub(super) enum Outcome<E> {
    /// It has run.
    Done,
    /// It needs what is not there yet.
    Waits(E),
}

/// Runs all statements, which are listed file by file. The first error of `run` ends it; what is left
/// waiting at the end is the answer, each with its file and why.
pub(super) fn drain<S, E, F>(
    files: Vec<Vec<S>>,
    mut run: impl FnMut(usize, &S) -> Result<Outcome<E>, F>,
) -> Result<Vec<(usize, S, E)>, F> {
    let mut left: Vec<Vec<(S, Option<E>)>> =
        files.into_iter().map(|file| file.into_iter().map(|it| (it, None)).collect()).collect();
    // A statement may mean what stands before it in its file; only when no file leads on by itself are
    // the statements behind one that waits tried, too.
    let mut beyond = false;
    loop {
        let mut went = false;
        for (nth, file) in left.iter_mut().enumerate() {
            let (mut kept, mut stopped) = (Vec::new(), false);
            for (statement, why) in std::mem::take(file) {
                if stopped && !beyond {
                    kept.push((statement, why));
                    continue;
                }
                match run(nth, &statement)? {
                    Outcome::Done => went = true,
                    Outcome::Waits(why) => {
                        stopped = true;
                        kept.push((statement, Some(why)));
                    }
                }
            }
            *file = kept;
        }
        if left.iter().all(Vec::is_empty) || !went && beyond {
            break;
        }
        beyond = !went;
    }
    let all = left.into_iter().enumerate();
    Ok(all
        .flat_map(|(nth, file)| file.into_iter().map(move |(it, why)| (nth, it, why)))
        .filter_map(|(nth, it, why)| Some((nth, it, why?)))
        .collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Statements such as `a<bc`: makes a, needs b and c.
    fn check(files: &[&[&str]], order: &str, waiting: &[&str]) {
        let mut made: BTreeSet<char> = BTreeSet::new();
        let mut ran = Vec::new();
        let files = files.iter().map(|file| file.to_vec()).collect();
        let left = drain::<&str, char, ()>(files, |_, statement| {
            let (name, needs) = statement.split_once('<').unwrap_or((statement, ""));
            if let Some(missing) = needs.chars().find(|it| !made.contains(it)) {
                return Ok(Outcome::Waits(missing));
            }
            made.extend(name.chars());
            ran.push(*statement);
            Ok(Outcome::Done)
        });
        let left = left.unwrap();
        let left: Vec<String> = left.iter().map(|(n, it, why)| format!("{n} {it} {why}")).collect();
        assert_eq!(
            (ran.join(" ").as_str(), left),
            (order, waiting.iter().map(ToString::to_string).collect())
        );
    }

    #[test]
    fn what_is_needed_runs_first() {
        check(&[&["a", "b"], &["c"]], "a b c", &[]);
        check(&[&["a<b", "x"], &["b<c"], &["c"]], "c b<c a<b x", &[]);
        // Neither file leads on by itself.
        check(&[&["a<c", "b"], &["d<b", "c"]], "b d<b c a<c", &[]);
        check(&[&["a<z", "b<a"], &["c"]], "c", &["0 a<z z", "0 b<a a"]);
    }

    #[test]
    fn an_error_ends_it() {
        let mut ran = 0;
        let ended = drain::<u8, (), &str>(vec![vec![1, 2]], |_, it| {
            ran += 1;
            if *it == 1 { Err("no") } else { Ok(Outcome::Done) }
        });
        assert_eq!((ended, ran), (Err("no"), 1));
    }
}
