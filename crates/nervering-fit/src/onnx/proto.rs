//! The few messages of ONNX that a model takes, as protocol buffers: fields are written in the order of
//! their numbers, so that the same model gives the same bytes.
//!
//! Numbers of fields and types are those of `onnx.proto3`, IR version 9, opset 18.

/// What an element of a tensor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Element {
    Float = 1,
    Int64 = 7,
    Bool = 9,
    Double = 11,
}

/// The length of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    /// As many as there are, under a name.
    Named(&'static str),
    Fixed(usize),
}

/// A message under way.
#[derive(Debug, Clone, Default)]
pub(super) struct Message(Vec<u8>);

impl Message {
    pub(super) fn bytes(self) -> Vec<u8> {
        self.0
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn key(&mut self, field: u64, wire: u64) {
        self.varint(field << 3 | wire);
    }

    pub(super) fn int(mut self, field: u64, value: i64) -> Self {
        self.key(field, 0);
        self.varint(value as u64);
        self
    }

    pub(super) fn float(mut self, field: u64, value: f32) -> Self {
        self.key(field, 5);
        self.0.extend(value.to_le_bytes());
        self
    }

    pub(super) fn data(mut self, field: u64, value: &[u8]) -> Self {
        self.key(field, 2);
        self.varint(value.len() as u64);
        self.0.extend(value);
        self
    }

    pub(super) fn text(self, field: u64, value: &str) -> Self {
        self.data(field, value.as_bytes())
    }

    pub(super) fn message(self, field: u64, value: Self) -> Self {
        self.data(field, &value.0)
    }
}

/// `TensorProto`.
pub(super) fn tensor(name: &str, shape: &[usize], element: Element, raw: &[u8]) -> Message {
    let dims = shape.iter().fold(Message::default(), |all, &n| all.int(1, n as i64));
    dims.int(2, element as i64).text(8, name).data(9, raw)
}

/// `ValueInfoProto`: an input or an output.
pub(super) fn value(name: &str, element: Element, axes: &[Axis]) -> Message {
    let dim = |axis: &Axis| match *axis {
        Axis::Named(name) => Message::default().text(2, name),
        Axis::Fixed(n) => Message::default().int(1, n as i64),
    };
    let shape = axes.iter().fold(Message::default(), |all, axis| all.message(1, dim(axis)));
    let of_tensor = Message::default().int(1, element as i64).message(2, shape);
    Message::default().text(1, name).message(2, Message::default().message(1, of_tensor))
}

/// A setting of an operation.
#[derive(Debug, Clone)]
pub(super) enum Setting {
    Float(&'static str, f32),
    Int(&'static str, i64),
    Ints(&'static str, Vec<i64>),
    /// What is done to each of several.
    Body(&'static str, Message),
}

/// `NodeProto`, which has the name of its first output.
pub(super) fn node(
    operation: &str,
    inputs: &[String],
    outputs: &[String],
    settings: &[Setting],
) -> Message {
    let named = |into: Message, field: u64, names: &[String]| {
        names.iter().fold(into, |all, name| all.text(field, name))
    };
    let named = named(named(Message::default(), 1, inputs), 2, outputs);
    let named = named.text(3, &outputs[0]).text(4, operation);
    // The last field is the type of an attribute.
    let attribute = |setting: &Setting| match setting {
        Setting::Float(name, value) => Message::default().text(1, name).float(2, *value).int(20, 1),
        Setting::Int(name, value) => Message::default().text(1, name).int(3, *value).int(20, 2),
        Setting::Body(name, body) => {
            Message::default().text(1, name).message(6, body.clone()).int(20, 5)
        }
        Setting::Ints(name, values) => {
            let all = Message::default().text(1, name);
            values.iter().fold(all, |all, &value| all.int(8, value)).int(20, 7)
        }
    };
    settings.iter().fold(named, |all, setting| all.message(5, attribute(setting)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_as_protocol_buffers_have_them() {
        let message = Message::default().int(1, 150).text(2, "testing");
        let inner = message.clone();
        assert_eq!(message.bytes(), b"\x08\x96\x01\x12\x07testing");
        assert_eq!(Message::default().message(3, inner).bytes()[..2], [0x1a, 12]);
        assert_eq!(Message::default().int(1, -1).bytes().len(), 11);
        assert_eq!(Message::default().float(2, 1.).bytes(), [0x15, 0, 0, 0x80, 0x3f]);
    }
}
