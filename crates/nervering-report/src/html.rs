//! HTML that is escaped by construction: an [`Html`] is made of elements and text, and text goes in
//! through [`Html::text`] or an attribute, which escape it. What is inserted raw is a `&'static str`
//! of this room or a figure that was drawn here.

use crate::escape::{escaped, turns_direction};
use std::fmt::Write;

/// A piece of HTML.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Html(String);

impl Html {
    pub fn new() -> Self {
        Self::default()
    }

    /// Text, escaped.
    pub fn text(mut self, text: &str) -> Self {
        self.0.push_str(&escaped(text));
        self
    }

    /// An element with content. Names of elements and attributes are of this room; values may come
    /// from anywhere.
    pub fn element(
        mut self,
        name: &'static str,
        attributes: &[(&'static str, &str)],
        content: Html,
    ) -> Self {
        self.open(name, attributes);
        self.0.push_str(&content.0);
        write!(self.0, "</{name}>").expect("writing to memory does not fail");
        self
    }

    /// An element that holds only text.
    pub fn leaf(self, name: &'static str, text: &str) -> Self {
        self.element(name, &[], Html::new().text(text))
    }

    /// An element without content and end, such as `meta`.
    pub fn void(mut self, name: &'static str, attributes: &[(&'static str, &str)]) -> Self {
        self.open(name, attributes);
        self
    }

    /// Appends another piece.
    pub fn and(mut self, other: Html) -> Self {
        self.0.push_str(&other.0);
        self
    }

    /// A drawing of this room, which has escaped its own texts.
    pub fn drawing(mut self, svg: &crate::figure::Figure) -> Self {
        self.0.push_str(&svg.svg);
        self
    }

    /// A style sheet or script of this room; it holds no end of its element.
    pub fn source(mut self, name: &'static str, source: &'static str) -> Self {
        write!(self.0, "<{name}>{source}</{name}>").expect("writing to memory does not fail");
        self
    }

    /// Data for the script: JSON in which no `<` is left, so that no text can end the element.
    /// Characters that [`escaped`] does not let through do not pass here either.
    pub fn data(mut self, id: &'static str, value: &serde_json::Value) -> Self {
        let mut json = value.to_string().replace('<', "\\u003c");
        if json.contains(turns_direction) {
            json = json.replace(turns_direction, "\u{fffd}");
        }
        let open = format!("<script type=\"application/json\" id=\"{id}\">");
        self.0.push_str(&open);
        self.0.push_str(&json);
        self.0.push_str("</script>");
        self
    }

    /// The text of the document.
    pub fn into_string(self) -> String {
        self.0
    }

    fn open(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) {
        write!(self.0, "<{name}").expect("writing to memory does not fail");
        for (attribute, value) in attributes {
            write!(self.0, " {attribute}=\"{}\"", escaped(value))
                .expect("writing to memory does not fail");
        }
        self.0.push('>');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_attributes_are_escaped() {
        let html =
            Html::new().element("p", &[("title", "\" onclick=\"x")], Html::new().text("<b>"));
        assert_eq!(html.into_string(), "<p title=\"&quot; onclick=&quot;x\">&lt;b&gt;</p>");
    }

    #[test]
    fn data_cannot_end_its_element() {
        let hostile = "</script><script>alert(1)</script><!--";
        let html = Html::new().data("d", &serde_json::json!({ "name": hostile })).into_string();
        assert_eq!(html.matches('<').count(), 2, "{html}");
        let json = html.split_once('>').unwrap().1.strip_suffix("</script>").unwrap();
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(value["name"], hostile);
    }
}
