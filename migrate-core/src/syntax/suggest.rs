//! "Did you mean …?": the name that is nearest to a misspelled one.

/// The candidate that `word` was probably meant to be: the nearest by edit distance, if it is near.
pub(crate) fn did_you_mean<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    nearest(word, candidates, (word.chars().count() / 3).max(1))
}

/// The same with one edit at most, for words that may well be right although they look alike.
#[cfg(feature = "analysis")]
pub(crate) fn slip_of<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    nearest(word, candidates, 1)
}

/// The nearest candidate within a number of edits, other than the word itself.
#[cfg(feature = "analysis")]
pub(crate) fn within<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
    limit: usize,
) -> Option<&'c str> {
    nearest(word, candidates.into_iter().filter(|candidate| *candidate != word), limit)
}

#[cfg(test)]
thread_local! {
    /// How many words were compared letter by letter.
    pub(crate) static COMPARED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

fn nearest<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
    limit: usize,
) -> Option<&'c str> {
    let length = word.chars().count();
    let lower = word.to_lowercase();
    let distance = |candidate: &str| {
        #[cfg(test)]
        COMPARED.set(COMPARED.get() + 1);
        // Swapped neighbors are one edit.
        strsim::osa_distance(&lower, &candidate.to_lowercase())
    };
    candidates
        .into_iter()
        // Each letter more is an edit; with this most are out.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= limit)
        .map(|candidate| (distance(candidate), candidate))
        .filter(|(edits, _)| *edits <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_proposed() {
        let words = ["revision", "parent", "message", "created"];
        let check =
            |word: &str, suggestion| assert_eq!(did_you_mean(word, words), suggestion, "{word}");
        check("revison", Some("revision"));
        check("Parent", Some("parent"));
        check("parnet", Some("parent"));
        check("parents", Some("parent"));
        check("msg", None);
        check("author", None);
    }
}
