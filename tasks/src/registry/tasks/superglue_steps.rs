//! What is done to SuperGLUE's records before they are put in words: MultiRC, ReCoRD and WSC.
//!
//! One record of MultiRC or ReCoRD holds a whole article with all that is asked about it. The texts are cleaned as T5
//! does (`glue`, `record` and `wsc_simple` in its `preprocessors.py`).

use crate::{
    Split,
    registry::record::{GROUP, Problem, REJECTED, Record},
};

/// A record for each answer to a question of MultiRC.
pub(super) fn one_for_each_answer(record: Record) -> Result<Vec<Record>, Problem> {
    let paragraph = without_markup(&record.text("passage.text")?);
    let mut records = Vec::new();
    for question in record.nested("passage.questions")? {
        for answer in question.nested("answers")? {
            let made = Record { fields: answer.fields.clone(), ..question.clone() }
                .with("answer", without_markup(&answer.text("text")?))
                .with("question", without_markup(&question.text("question")?))
                .with(GROUP, question.index("idx")?)
                .with("paragraph", paragraph.as_str());
            records.push(made);
        }
    }
    Ok(records)
}

/// MultiRC's texts hold line breaks and bold type, and signs of comparison, which stay.
fn without_markup(text: &str) -> String {
    text.replace("<br>", " ").replace("<b>", "").replace("</b>", "")
}

/// A record for each query of ReCoRD.
pub(super) fn one_for_each_query(record: Record) -> Result<Vec<Record>, Problem> {
    let article = record.text("passage.text")?;
    let letters: Vec<char> = article.chars().collect();
    let mut entities = Vec::new();
    for entity in record.nested("passage.entities")? {
        let (start, end) = (entity.index("start")?, entity.index("end")?);
        let letters = letters.get(start..=end).ok_or_else(|| {
            format!("entity from {start} to {end} of an article of {} characters", letters.len())
        })?;
        entities.push(letters.iter().collect::<String>());
    }
    entities.sort_unstable();
    entities.dedup();
    let passage = with_highlights_as_sentences(&article);
    let mut records = Vec::new();
    for query in record.nested("qas")? {
        let mut made = query
            .clone()
            .with("entities", entities.join(", "))
            .with("passage", passage.as_str())
            .with(GROUP, query.index("idx")?);
        if query.find("answers").is_some() {
            let mut answers: Vec<String> = Vec::new();
            for answer in query.nested("answers")? {
                let text = answer.text("text")?.into_owned();
                if !answers.contains(&text) {
                    answers.push(text);
                }
            }
            made.set("answers", answers);
        }
        records.push(made);
    }
    Ok(records)
}

/// Highlights follow the article, each after a line of its own. They become sentences: a full stop ends the text
/// before, unless a sentence or a quotation ends there.
fn with_highlights_as_sentences(article: &str) -> String {
    const HIGHLIGHT: &str = "\n@highlight\n";
    let ends = ['.', '?', '!', '"', '\''];
    let ended = ends.iter().fold(article.to_owned(), |text, end| {
        text.replace(&format!("{end}{HIGHLIGHT}"), &format!("{end} "))
    });
    ended.replace(HIGHLIGHT, ". ")
}

/// The pronoun of WSC between asterisks. Of the training records, those whose candidate is wrong are dropped.
pub(super) fn pronoun_between_asterisks(record: Record) -> Result<Vec<Record>, Problem> {
    let at = record.index("target.span2_index")?;
    let text = record.text("text")?;
    let pronoun = match record.find("target.span2_text") {
        Some(_) => Some(record.text("target.span2_text")?),
        None => None,
    };
    let text = marked(&text, at, pronoun.as_deref())?;
    let is_referent = match record.find("label") {
        Some(label) => Some(label.as_bool().ok_or("field `label`: expected true or false")?),
        None => None,
    };
    if record.split == Split::Train && is_referent == Some(false) {
        return Ok(Vec::new());
    }
    let candidate = record.text("target.span1_text")?.into_owned();
    let mut made = record.with("text", text);
    if let Some(is_referent) = is_referent {
        made.set("referent", candidate);
        made.set(REJECTED, !is_referent);
    }
    Ok(vec![made])
}

/// The text with asterisks around its `at`-th word, or around the pronoun where that word is another one.
///
/// Two published texts need the latter, and T5 has a special case for each: the index of one points to the word
/// before, and in the other the word is `him,"`, of which the punctuation becomes a word of its own.
fn marked(text: &str, at: usize, pronoun: Option<&str>) -> Result<String, Problem> {
    let mut words: Vec<String> = text.split(' ').map(String::from).collect();
    let word = words.get(at).ok_or_else(|| {
        format!("field `target.span2_index` is {at}, beyond the text's last word")
    })?;
    let Some(pronoun) = pronoun.filter(|pronoun| !pronoun.is_empty() && pronoun != word) else {
        words[at] = format!("*{word}*");
        return Ok(words.join(" "));
    };
    let attached =
        word.strip_prefix(pronoun).filter(|rest| !rest.starts_with(char::is_alphanumeric));
    if let Some(punctuation) = attached {
        words[at] = format!("*{pronoun}* {punctuation}");
        return Ok(words.join(" ").trim_end().to_owned());
    }
    let places = (0..words.len()).filter(|place| words[*place] == pronoun);
    let place = places.min_by_key(|place| place.abs_diff(at)).unwrap_or(at);
    words[place] = format!("*{}*", words[place]);
    Ok(words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The right texts are those of `_wsc_inputs` in T5's `preprocessors.py`.
    #[test]
    fn a_pronoun_is_marked_where_the_word_of_the_index_is_another_one() {
        let text = "\"Good for him,\" he said. ";
        let pronoun = Some("him");
        assert_eq!(marked(text, 2, pronoun).unwrap(), "\"Good for *him* ,\" he said.");
        let text = "they might want to use it , but";
        assert_eq!(marked(text, 4, Some("it")).unwrap(), "they might want to use *it* , but");
        assert_eq!(marked("it is it", 2, Some("it")).unwrap(), "it is *it*");
        assert_eq!(marked("He left. ", 0, Some("He")).unwrap(), "*He* left. ");
        assert_eq!(marked("He left.", 0, None).unwrap(), "*He* left.");
        assert_eq!(marked("He left.", 0, Some("she")).unwrap(), "*He* left.");
        assert!(marked("He left.", 2, None).unwrap_err().contains("beyond the text's last word"));
    }

    /// T5's `record` on these passages.
    #[test]
    fn highlights_follow_a_full_stop_unless_something_ends_there() {
        for (article, expected) in [
            ("It is.\n@highlight\nThis", "It is. This"),
            ("Is it?\n@highlight\nThis", "Is it? This"),
            ("It is!\n@highlight\nA\n@highlight\nB.", "It is! A. B."),
            ("\"It is\"\n@highlight\n'A'\n@highlight\nB", "\"It is\" 'A' B"),
            ("It is\n@highlight\nThis", "It is. This"),
            ("It is \n@highlight\n\n@highlight\nThis", "It is . . This"),
            ("A @highlight\nB", "A @highlight\nB"),
        ] {
            assert_eq!(with_highlights_as_sentences(article), expected, "{article:?}");
        }
    }

    /// T5's `glue` on MultiRC's texts.
    #[test]
    fn markup_goes_and_comparisons_stay() {
        let text = "<b>Sent 1: </b>It did stop.<br><b>Sent 2: </b>3 < 5 and 7 > 2<br />";
        assert_eq!(without_markup(text), "Sent 1: It did stop. Sent 2: 3 < 5 and 7 > 2<br />");
    }
}
