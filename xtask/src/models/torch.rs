//! State dictionaries in the format that PyTorch wrote before 1.6, which is no zip archive.
//!
//! A file is five pickles (a magic number, the protocol, facts about the machine, the object, the keys of its storages) and then, for each
//! key, a count of elements and the elements. Pickles are programs: the few instructions that a state dictionary needs are carried out
//! here on plain values, everything else is refused.

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail, ensure};
use safetensors::Dtype;

use super::tensors::{Tensor, Tensors};

/// Reads the tensors of floats of a state dictionary; counters are left out.
pub(super) fn legacy(file: &[u8]) -> Result<Tensors> {
    let mut reader = Reader { bytes: file };
    let magic = reader.pickle()?;
    ensure!(
        magic == Value::Bytes(b"\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19".to_vec()),
        "it is no file of PyTorch before 1.6"
    );
    let (_protocol, _machine) = (reader.pickle()?, reader.pickle()?);
    let object = reader.pickle()?;
    let Value::List(keys) = reader.pickle()? else { bail!("there is no list of storages") };
    let mut storages = HashMap::new();
    for key in keys {
        let key = key.text()?.to_owned();
        let count = usize::try_from(i64::from_le_bytes(reader.take(8)?.try_into()?))?;
        let width =
            width_of(&object, &key).with_context(|| format!("storage `{key}` belongs to no tensor"))?;
        storages.insert(key, reader.take(count * width)?);
    }
    let Value::Map(entries) = object else { bail!("it holds no state dictionary") };
    let tensors = entries.into_iter().filter_map(|(name, value)| match value {
        Value::Tensor { storage, offset, shape, strides } if storage.width == 4 => {
            let data =
                storages.get(&storage.key).and_then(|storage| gather(storage, offset, &shape, &strides));
            let tensor = data.map(|data| Tensor { dtype: Dtype::F32, shape, data });
            Some(tensor.with_context(|| format!("`{name}` is cut short")).map(|tensor| (name, tensor)))
        }
        _ => None,
    });
    tensors.collect()
}

/// Puts elements of four bytes in rows, which are kept in any order.
fn gather(storage: &[u8], offset: usize, shape: &[usize], strides: &[usize]) -> Option<Vec<u8>> {
    let count = shape.iter().product::<usize>();
    let mut data = Vec::with_capacity(count * 4);
    for element in 0..count {
        let (mut rest, mut place) = (element, offset);
        for (length, stride) in shape.iter().zip(strides).rev() {
            place += rest % length * stride;
            rest /= length;
        }
        data.extend_from_slice(storage.get(place * 4..place * 4 + 4)?);
    }
    Some(data)
}

/// How many bytes an element of a storage has.
fn width_of(object: &Value, wanted: &str) -> Option<usize> {
    let Value::Map(entries) = object else { return None };
    entries.iter().find_map(|(_, value)| match value {
        Value::Tensor { storage, .. } if storage.key == wanted => Some(storage.width),
        _ => None,
    })
}

/// What instructions work on.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    /// Whatever does not matter here.
    Nothing,
    Mark,
    Number(i64),
    /// A number that is too long for one.
    Bytes(Vec<u8>),
    Text(String),
    Global(String),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
    Storage(Storage),
    Tensor {
        storage: Storage,
        offset: usize,
        shape: Vec<usize>,
        /// How many elements lie between two neighbours in each dimension.
        strides: Vec<usize>,
    },
}

#[derive(Clone, Debug, PartialEq)]
struct Storage {
    key: String,
    width: usize,
}

impl Value {
    fn text(&self) -> Result<&str> {
        match self {
            Self::Text(text) => Ok(text),
            other => bail!("{other:?} is no text"),
        }
    }

    fn size(&self) -> Result<usize> {
        match self {
            Self::Number(number) => Ok(usize::try_from(*number)?),
            other => bail!("{other:?} is no size"),
        }
    }

    fn sizes(&self) -> Result<Vec<usize>> {
        match self {
            Self::List(items) => items.iter().map(Self::size).collect(),
            other => bail!("{other:?} are no sizes"),
        }
    }
}

/// What is left of the file.
struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count).context("the file is cut short")?;
        self.bytes = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<usize> {
        Ok(self.take(1)?[0].into())
    }

    fn word(&mut self) -> Result<usize> {
        Ok(usize::try_from(u32::from_le_bytes(self.take(4)?.try_into()?))?)
    }

    fn line(&mut self) -> Result<&'a str> {
        let end = self.bytes.iter().position(|byte| *byte == b'\n').context("the file is cut short")?;
        let line = self.take(end)?;
        self.take(1)?;
        Ok(std::str::from_utf8(line)?)
    }

    /// Carries one pickle out and returns what it leaves behind.
    fn pickle(&mut self) -> Result<Value> {
        let mut stack = Stack::default();
        let mut memory = HashMap::new();
        loop {
            match self.take(1)?[0] {
                b'.' => return stack.pop(),
                0x80 => drop(self.take(1)?),
                b'N' => stack.push(Value::Nothing),
                0x88 => stack.push(Value::Number(1)),
                0x89 => stack.push(Value::Number(0)),
                b'(' => stack.push(Value::Mark),
                b')' | b']' => stack.push(Value::List(Vec::new())),
                b'}' => stack.push(Value::Map(Vec::new())),
                b'K' => stack.push(Value::Number(self.take(1)?[0].into())),
                b'M' => stack.push(Value::Number(u16::from_le_bytes(self.take(2)?.try_into()?).into())),
                b'J' => stack.push(Value::Number(i32::from_le_bytes(self.take(4)?.try_into()?).into())),
                0x8a => {
                    let length = self.byte()?;
                    stack.push(Value::Bytes(self.take(length)?.to_vec()));
                }
                b'X' => {
                    let length = self.word()?;
                    stack.push(Value::Text(std::str::from_utf8(self.take(length)?)?.to_owned()));
                }
                b'c' => stack.push(Value::Global(format!("{}.{}", self.line()?, self.line()?))),
                b'q' => drop(memory.insert(self.byte()?, stack.top()?.clone())),
                b'r' => drop(memory.insert(self.word()?, stack.top()?.clone())),
                b'h' => stack.push(memory.get(&self.byte()?).context("nothing is remembered there")?.clone()),
                b'j' => stack.push(memory.get(&self.word()?).context("nothing is remembered there")?.clone()),
                b't' => {
                    let items = stack.since_mark()?;
                    stack.push(Value::List(items));
                }
                count @ 0x85..=0x87 => {
                    let items = stack.last((count - 0x84).into())?;
                    stack.push(Value::List(items));
                }
                b'e' => {
                    let items = stack.since_mark()?;
                    match stack.top()? {
                        Value::List(list) => list.extend(items),
                        other => bail!("{other:?} takes no items"),
                    }
                }
                b's' => {
                    let items = stack.last(2)?;
                    stack.set_items(items)?;
                }
                b'u' => {
                    let items = stack.since_mark()?;
                    stack.set_items(items)?;
                }
                b'Q' => {
                    let storage = storage(&stack.pop()?)?;
                    stack.push(storage);
                }
                b'R' => {
                    let (arguments, function) = (stack.pop()?, stack.pop()?);
                    stack.push(call(&function, &arguments)?);
                }
                // The version of each module, which changes nothing.
                b'b' => drop(stack.pop()?),
                other => bail!("instruction {other:#04x} has no place in a state dictionary"),
            }
        }
    }
}

#[derive(Default)]
struct Stack(Vec<Value>);

impl Stack {
    fn push(&mut self, value: Value) {
        self.0.push(value);
    }

    fn pop(&mut self) -> Result<Value> {
        self.0.pop().context("an instruction finds no value")
    }

    fn top(&mut self) -> Result<&mut Value> {
        self.0.last_mut().context("an instruction finds no value")
    }

    fn last(&mut self, count: usize) -> Result<Vec<Value>> {
        let start = self.0.len().checked_sub(count).context("an instruction finds no value")?;
        Ok(self.0.split_off(start))
    }

    fn since_mark(&mut self) -> Result<Vec<Value>> {
        let mark = self.0.iter().rposition(|value| *value == Value::Mark).context("there is no mark")?;
        let items = self.0.split_off(mark + 1);
        self.0.pop();
        Ok(items)
    }

    fn set_items(&mut self, items: Vec<Value>) -> Result<()> {
        let Value::Map(map) = self.top()? else { bail!("only a dictionary takes keys") };
        let mut items = items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            map.push((key.text()?.to_owned(), value));
        }
        Ok(())
    }
}

/// The storage that a persistent name stands for.
fn storage(name: &Value) -> Result<Value> {
    let Value::List(parts) = name else { bail!("{name:?} names no storage") };
    let [_, Value::Global(class), key, ..] = parts.as_slice() else { bail!("{parts:?} names no storage") };
    let width = match class.as_str() {
        "torch.FloatStorage" => 4,
        "torch.LongStorage" => 8,
        other => bail!("`{other}` is unknown here"),
    };
    Ok(Value::Storage(Storage { key: key.text()?.to_owned(), width }))
}

fn call(function: &Value, arguments: &Value) -> Result<Value> {
    let (Value::Global(function), Value::List(arguments)) = (function, arguments) else {
        bail!("{function:?} cannot be called");
    };
    match (function.as_str(), arguments.as_slice()) {
        ("collections.OrderedDict", []) => Ok(Value::Map(Vec::new())),
        ("torch._utils._rebuild_tensor_v2", [Value::Storage(storage), offset, shape, strides, ..]) => {
            let (offset, shape, strides) = (offset.size()?, shape.sizes()?, strides.sizes()?);
            ensure!(shape.len() == strides.len(), "a tensor has {} strides for {shape:?}", strides.len());
            Ok(Value::Tensor { storage: storage.clone(), offset, shape, strides })
        }
        _ => bail!("`{function}` is not called here"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A state dictionary with one matrix, `w`, of two rows and three columns that is kept column by column, behind one other element.
    fn file() -> Vec<u8> {
        let mut file =
            b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}.".to_vec();
        file.extend(b"\x80\x02ccollections\nOrderedDict\nq\x00)R(X\x01\x00\x00\x00w");
        file.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\n");
        file.extend(
            b"X\x01\x00\x00\x007X\x03\x00\x00\x00cpuK\x07NtQK\x01K\x02K\x03\x86K\x01K\x02\x86\x89h\x00)RtRu.",
        );
        file.extend(b"\x80\x02](X\x01\x00\x00\x007e.");
        file.extend(7_i64.to_le_bytes());
        file.extend((0_i8..7).flat_map(|number| f32::from(number).to_le_bytes()));
        file
    }

    #[test]
    fn tensors_come_out_row_by_row() {
        let tensors = legacy(&file()).unwrap();
        let expected: Vec<u8> =
            [1_f32, 3.0, 5.0, 2.0, 4.0, 6.0].iter().flat_map(|it| it.to_le_bytes()).collect();
        assert_eq!(tensors["w"], Tensor { dtype: Dtype::F32, shape: vec![2, 3], data: expected });
        assert_eq!(tensors.len(), 1);
    }

    #[test]
    fn what_is_no_such_file_is_refused() {
        let good = file();
        for end in 0..good.len() {
            assert!(legacy(&good[..end]).is_err(), "{end} bytes of {}", good.len());
        }
        let position = good.windows(18).position(|bytes| bytes == b"_rebuild_tensor_v2").unwrap();
        let mut other = good;
        other[position] = b'x';
        assert!(format!("{:#}", legacy(&other).unwrap_err()).contains("is not called here"));
    }
}
