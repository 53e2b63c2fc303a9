//! Records in XML: every element of one name.
//!
//! Attributes are fields; so are the elements inside, lists by name of what they hold, which is a text or again an
//! object. A text beside attributes is the field `text`. So `<entry category="Food"><lex lid="1">A b.</lex></entry>`
//! is `{"category": "Food", "lex": [{"lid": "1", "text": "A b."}]}`.

use roxmltree::{Document, Node};
use serde_json::{Map, Value};

use crate::{Error, Result, Split, file::DataFile, registry::record::Record};

/// Elements are read by recursion, as JSON is, which has the same limit.
const DEEPEST: usize = 128;

pub(super) fn records(file: &DataFile, split: Split, element: &str) -> Result<Vec<Record>> {
    let document = Document::parse(&file.text).map_err(|error| {
        let line = error.pos().row as usize;
        file.error(line, format!("not sound XML: {error}"))
    })?;
    if let Some(line) = too_deep(&document) {
        let problem =
            format!("elements are nested more than {DEEPEST} deep; expected fewer levels");
        return Err(file.error(line, problem));
    }
    // Elements come in the order of the text, so lines are counted on from one to the next.
    let (mut line, mut counted) = (1, 0);
    let mut records = Vec::new();
    for node in document.descendants().filter(|node| node.has_tag_name(element)) {
        let start = node.range().start;
        line += file.text.as_bytes()[counted..start].iter().filter(|&&b| b == b'\n').count();
        counted = start;
        records.push(Record { line, split, fields: fields(node) });
    }
    if records.is_empty() {
        let problem = format!("no element `{element}` in this file");
        return Err(Error::File { path: file.source.path.clone(), problem });
    }
    Ok(records)
}

/// The line of an element that is too deep.
fn too_deep(document: &Document) -> Option<usize> {
    let mut above: Vec<Node> = Vec::new();
    for node in document.descendants() {
        while above.last().is_some_and(|last| node.parent() != Some(*last)) {
            above.pop();
        }
        above.push(node);
        if above.len() > DEEPEST {
            return Some(document.text_pos_at(node.range().start).row as usize);
        }
    }
    None
}

fn fields(node: Node) -> Map<String, Value> {
    let attributes = node.attributes().map(|a| (a.name().to_owned(), Value::from(a.value())));
    let mut fields: Map<String, Value> = attributes.collect();
    for child in node.children().filter(Node::is_element) {
        let name = child.tag_name().name().to_owned();
        match fields.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
            Value::Array(list) => list.push(value(child)),
            attribute => *attribute = Value::Array(vec![attribute.take(), value(child)]),
        }
    }
    fields
}

fn value(node: Node) -> Value {
    let text: String = node.children().filter(Node::is_text).filter_map(|n| n.text()).collect();
    let mut fields = fields(node);
    if fields.is_empty() {
        return Value::from(text.trim());
    }
    if !text.trim().is_empty() {
        fields.insert("text".into(), Value::from(text.trim()));
    }
    Value::Object(fields)
}
