//! Takes the description of a policy, gives it as JSON Schema for editors and validators, never a rule that the loader does not have.

use serde_json::{Map, Value, json};

use super::{Field, Kind, ROOT, SECTIONS, describe};

/// The JSON Schema (draft 2020-12) of a policy file.
///
/// It is made of the same table that the loader reads. What only the loader can say (references between parts, forms of addresses and
/// expressions) is described in words.
#[must_use]
pub fn schema() -> Value {
    let sections: Map<String, Value> = SECTIONS.iter().map(|field| (field.key.to_owned(), kind(&field.kind, true, field.key))).collect();
    let mut root = table(ROOT, true, "");
    if let Some(root) = root.as_object_mut() {
        root.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        root.insert("title".into(), "speerlint policy, schema 1".into());
        root.insert("description".into(), "A session-peering policy; its layout follows RFC 6271 Appendix A".into());
        root.insert("$defs".into(), Value::Object(sections));
    }
    root
}

/// `inherits`: whether lists may be edits, as in the loader.
fn table(fields: &'static [&'static [Field]], inherits: bool, path: &str) -> Value {
    let all = || fields.iter().flat_map(|part| part.iter());
    let is_section = |field: &Field| SECTIONS.iter().any(|section| section.key == field.key && matches!(section.kind, Kind::Table(_)));
    // The sections stand at the top and in each direction: written once.
    let top = path.is_empty() || path == "direction";
    let property = |field: &'static Field| {
        let mut value = if top && is_section(field) {
            json!({ "$ref": format!("#/$defs/{}", field.key) })
        } else {
            kind(&field.kind, inherits, field.key)
        };
        if let Some(value) = value.as_object_mut() {
            value.insert("description".into(), format!("{} ({})", field.doc, describe(&field.kind)).into());
        }
        (field.key.to_owned(), value)
    };
    let properties: Map<String, Value> = all().map(property).collect();
    let required: Vec<_> = all().filter(|field| field.required).map(|field| field.key).collect();
    let mut object = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if let (false, Some(object)) = (required.is_empty(), object.as_object_mut()) {
        object.insert("required".into(), required.into());
    }
    object
}

fn kind(what: &'static Kind, inherits: bool, key: &str) -> Value {
    match what {
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Whole(low, high) => json!({ "type": "integer", "minimum": low, "maximum": high }),
        Kind::Real(low, high) => json!({ "type": "number", "minimum": low, "maximum": high }),
        Kind::Positive => json!({ "type": "number", "exclusiveMinimum": 0, "maximum": 1e15 }),
        Kind::Text(form) if form.words.is_empty() => json!({ "type": "string", "examples": [form.example] }),
        Kind::Text(form) => json!({ "enum": form.words }),
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Date => json!({ "type": "string", "format": "date-time" }),
        Kind::Pair => json!({ "type": "array", "items": { "type": "string" }, "minItems": 2, "maxItems": 2 }),
        Kind::List(item) => {
            let list = json!({ "type": "array", "items": kind(item, inherits, key) });
            if !inherits {
                return list;
            }
            let edit = json!({ "type": "object", "properties": { "add": list, "remove": list }, "additionalProperties": false });
            json!({ "anyOf": [list, edit] })
        }
        Kind::Table(fields) => table(fields, inherits, key),
        Kind::Map(form, words, item) => {
            let item = kind(item, inherits, key);
            let named: Map<String, Value> = form.words.iter().chain(words.iter()).map(|word| ((*word).to_owned(), item.clone())).collect();
            let others = if form.words.is_empty() { item } else { false.into() };
            json!({ "type": "object", "properties": named, "additionalProperties": others })
        }
        Kind::Entries(_, fields) => json!({ "type": "array", "maxItems": 4096, "items": table(fields, key == "direction", key) }),
    }
}
