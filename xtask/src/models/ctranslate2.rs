//! Whisper as CTranslate2 keeps it, version 6 of the format, with the names that its publisher gave the tensors.
//!
//! A file is a header, a list of named variables and a list of aliases, all little-endian; a text is its length with a closing zero
//! byte in 16 bits, and its bytes.

use anyhow::{Context as _, Result, bail, ensure};
use safetensors::Dtype;

use super::tensors::{Tensor, Tensors};

/// Reads the weights of a Whisper model.
pub(super) fn whisper(file: &[u8]) -> Result<Tensors> {
    let mut reader = Reader(file);
    let (version, specification) = (reader.u32()?, reader.text()?);
    ensure!(version == 6, "the format is of version {version}, only 6 is known here");
    ensure!(specification == "WhisperSpec", "it is a `{specification}` and no Whisper");
    let _revision = reader.u32()?;
    let mut tensors = Tensors::new();
    for _ in 0..reader.u32()? {
        let name = reader.text()?;
        let rank = reader.bytes(1)?[0];
        let shape = (0..rank).map(|_| Ok(usize::try_from(reader.u32()?)?)).collect::<Result<Vec<_>>>()?;
        let dtype = reader.bytes(1)?[0];
        let length = usize::try_from(reader.u32()?)?;
        let data = reader.bytes(length)?.to_vec();
        // What has no dimension is a setting, and what is left out is computed by whoever runs the model.
        if shape.is_empty() || name == "encoder/position_encodings/encodings" {
            continue;
        }
        ensure!(dtype == 4, "`{name}` is of type {dtype}, only 4 (half precision) is known here");
        ensure!(shape.iter().product::<usize>() * 2 == length, "`{name}` has {length} bytes for {shape:?}");
        rename(name, &Tensor { dtype: Dtype::F16, shape, data }, &mut tensors)?;
    }
    // The one alias says that the output layer shares the weights of the embeddings, as it does in every Whisper.
    Ok(tensors)
}

/// Adds a tensor under the name, or its parts under the names, that they have in the original.
fn rename(name: &str, tensor: &Tensor, tensors: &mut Tensors) -> Result<()> {
    let unknown = || format!("`{name}` is unknown here");
    let (side, place) = name.split_once('/').with_context(unknown)?;
    let (layer, place) = match place.strip_prefix("layer_").and_then(|rest| rest.split_once('/')) {
        // `layer_norm` is no layer.
        Some((number, place)) if number != "norm" => (format!("layers.{number}."), place),
        _ => (String::new(), place),
    };
    let (module, kind) = place.rsplit_once('/').with_context(unknown)?;
    let kind = match kind {
        "gamma" | "encodings" => "weight",
        "beta" => "bias",
        kind => kind,
    };
    let modules = modules(module).with_context(unknown)?;
    for (index, module) in modules.iter().enumerate() {
        // The keys of an attention have no bias; what stands in for it is nothing but zeros.
        if !(module.ends_with("k_proj") && kind == "bias") {
            let part = tensor.part(index, modules.len()).with_context(|| format!("`{name}` is cut short"))?;
            tensors.insert(format!("model.{side}.{layer}{module}.{kind}"), part);
        }
    }
    Ok(())
}

/// The original modules whose tensors stand one below the other in one of CTranslate2's.
fn modules(name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "embeddings" => &["embed_tokens"],
        "position_encodings" => &["embed_positions"],
        "conv1" => &["conv1"],
        "conv2" => &["conv2"],
        "layer_norm" => &["layer_norm"],
        "self_attention/layer_norm" => &["self_attn_layer_norm"],
        "self_attention/linear_0" => &["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
        "self_attention/linear_1" => &["self_attn.out_proj"],
        "attention/layer_norm" => &["encoder_attn_layer_norm"],
        "attention/linear_0" => &["encoder_attn.q_proj"],
        "attention/linear_1" => &["encoder_attn.k_proj", "encoder_attn.v_proj"],
        "attention/linear_2" => &["encoder_attn.out_proj"],
        "ffn/layer_norm" => &["final_layer_norm"],
        "ffn/linear_0" => &["fc1"],
        "ffn/linear_1" => &["fc2"],
        _ => return None,
    })
}

/// What is left of a file.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8]> {
        let Some((bytes, rest)) = self.0.split_at_checked(count) else {
            bail!("the file ends {} bytes too early", count - self.0.len());
        };
        self.0 = rest;
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.bytes(4)?.try_into()?))
    }

    fn text(&mut self) -> Result<&'a str> {
        let length = u16::from_le_bytes(self.bytes(2)?.try_into()?);
        let text = self.bytes(length.into())?;
        Ok(std::str::from_utf8(text.strip_suffix(b"\0").context("a text has no end")?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with the variables that are given: name, dimensions, and one byte for every byte of data.
    fn file(variables: &[(&str, &[u32], u8)]) -> Vec<u8> {
        let text = |text: &str| {
            let length = u16::try_from(text.len() + 1).unwrap().to_le_bytes();
            [&length, text.as_bytes(), b"\0"].concat()
        };
        let mut file = [6_u32.to_le_bytes().as_slice(), &text("WhisperSpec"), &3_u32.to_le_bytes()].concat();
        file.extend(u32::try_from(variables.len()).unwrap().to_le_bytes());
        for (name, shape, dtype) in variables {
            file.extend(text(name));
            file.push(u8::try_from(shape.len()).unwrap());
            file.extend(shape.iter().flat_map(|length| length.to_le_bytes()));
            file.push(*dtype);
            let length = shape.iter().product::<u32>() * 2;
            file.extend(length.to_le_bytes());
            file.extend((0..length).map(|byte| u8::try_from(byte).unwrap()));
        }
        file.extend(0_u32.to_le_bytes());
        file
    }

    #[test]
    fn tensors_get_the_names_of_the_original_and_stacked_ones_are_parted() {
        let tensors = whisper(&file(&[
            ("decoder/layer_norm/gamma", &[2], 4),
            ("encoder/layer_1/self_attention/linear_0/weight", &[3, 1], 4),
            ("encoder/layer_1/self_attention/linear_0/bias", &[3], 4),
            ("decoder/layer_0/attention/linear_1/bias", &[2], 4),
            ("encoder/position_encodings/encodings", &[2], 4),
        ]))
        .unwrap();
        let found: Vec<_> =
            tensors.iter().map(|(name, tensor)| (name.as_str(), tensor.data.as_slice())).collect();
        assert_eq!(
            found,
            [
                ("model.decoder.layer_norm.weight", [0, 1, 2, 3].as_slice()),
                ("model.decoder.layers.0.encoder_attn.v_proj.bias", &[2, 3]),
                ("model.encoder.layers.1.self_attn.k_proj.weight", &[2, 3]),
                ("model.encoder.layers.1.self_attn.q_proj.bias", &[0, 1]),
                ("model.encoder.layers.1.self_attn.q_proj.weight", &[0, 1]),
                ("model.encoder.layers.1.self_attn.v_proj.bias", &[4, 5]),
                ("model.encoder.layers.1.self_attn.v_proj.weight", &[4, 5]),
            ]
        );
        assert_eq!(tensors["model.encoder.layers.1.self_attn.q_proj.weight"].shape, [1, 1]);
    }

    #[test]
    fn what_is_no_such_file_is_refused() {
        let good = file(&[("encoder/conv1/bias", &[2], 4)]);
        for end in 0..good.len() - 4 {
            assert!(whisper(&good[..end]).is_err(), "{end} bytes of {}", good.len());
        }
        assert!(whisper(&good).is_ok());
        for (name, dtype) in [("encoder/conv1/bias", 0), ("encoder/surprise/bias", 4), ("bias", 4)] {
            assert!(whisper(&file(&[(name, &[2], dtype)])).is_err(), "{name} {dtype}");
        }
        assert!(whisper(&[5; 100]).is_err());
    }
}
