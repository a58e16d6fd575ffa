//! Files of each format, whole and damaged.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use tempfile::TempDir;

use super::*;

/// `weight` is 2 by 3, of half precision, and `bias` has 2 numbers of single precision.
fn write(path: &Path, names: &[&str]) {
    let bias = Tensor::new(&[1f32, 2.], &Device::Cpu).unwrap();
    let weight = Tensor::new(&[[1f32, 2., 3.], [4., 5., 6.]], &Device::Cpu).unwrap();
    let all = [("bias", bias), ("weight", weight.to_dtype(DType::F16).unwrap())];
    let tensors: HashMap<_, _> = all.into_iter().filter(|(name, _)| names.contains(name)).collect();
    candle_core::safetensors::save(&tensors, path).unwrap();
}

fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn load(path: &Path) -> Result<VarBuilder<'static>, String> {
    tensors(path, DType::F32, &Device::Cpu).map_err(|error| format!("{error:#}"))
}

#[track_caller]
fn check_values(path: &Path) {
    let weights = load(path).unwrap();
    let weight = weights.get((2, 3), "weight").unwrap();
    assert_eq!(weight.to_vec2::<f32>().unwrap(), [[1., 2., 3.], [4., 5., 6.]]);
    assert_eq!(weights.get(2, "bias").unwrap().to_vec1::<f32>().unwrap(), [1., 2.]);
    assert!(weights.contains_tensor("bias") && !weights.contains_tensor("scale"));
}

#[test]
fn one_file() {
    let directory = directory();
    let path = directory.path().join("any.name");
    write(&path, &["bias", "weight"]);
    check_values(&path);
}

#[test]
fn several_files_with_an_index() {
    let directory = directory();
    write(&directory.path().join("a.safetensors"), &["bias"]);
    write(&directory.path().join("b.safetensors"), &["weight"]);
    let index = directory.path().join("model.safetensors.index.json");
    fs::write(
        &index,
        r#"{"metadata": {}, "weight_map": {"bias": "a.safetensors", "weight": "b.safetensors"}}"#,
    )
    .unwrap();
    check_values(&index);
    check_values(directory.path());
    let error = load(&index).unwrap().get(1, "scale").unwrap_err().to_string();
    assert!(error.contains(&format!("no tensor `scale` in `{}`", index.display())), "{error}");
    let error = load(&index).unwrap().get(1, "bias").unwrap_err().to_string();
    assert!(error.contains("`bias` in `") && error.contains("a.safetensors`"), "{error}");

    fs::write(&index, r#"{"weight_map": {"bias": "a.safetensors", "weight": "a.safetensors"}}"#).unwrap();
    let error = load(&index).err().unwrap();
    assert!(error.ends_with("the tensor `weight` should be in `a.safetensors`, and is not there"), "{error}");
    fs::write(&index, r#"{"weight_map": {"bias": "c.safetensors"}}"#).unwrap();
    let error = load(&index).err().unwrap();
    assert!(error.contains("c.safetensors`: No such file"), "{error}");
    fs::write(&index, "[]").unwrap();
    assert!(load(&index).err().unwrap().contains("it is no index of safetensors files"));
}

/// The file is what `torch.save` makes of `{"epoch": 3, "state_dict": {"weight": …, "bias": …}}`: a pickle that refers to its tensors and
/// the bytes of each, in a zip archive.
#[test]
fn a_file_of_torch_save() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/candle/weights/torch.pth");
    check_values(&path);
}

#[test]
fn a_directory_with_one_file_of_weights() {
    for name in ["model.safetensors", "other.safetensors", "pytorch_model.bin", "other.pth"] {
        let directory = directory();
        write(&directory.path().join(name), &["bias", "weight"]);
        fs::write(directory.path().join("config.json"), "{}").unwrap();
        check_values(directory.path());
    }
}

#[test]
fn a_directory_that_leaves_a_choice_or_none() {
    let directory = directory();
    let name = directory.path().display().to_string();
    let error = load(directory.path()).err().unwrap();
    assert_eq!(error, format!("there is no `.safetensors`, `.pth`, `.pt` or `.bin` file in `{name}`"));
    write(&directory.path().join("b.safetensors"), &["bias"]);
    write(&directory.path().join("a.safetensors"), &["bias"]);
    let error = load(directory.path()).err().unwrap();
    assert_eq!(
        error,
        format!("there are 2 files of weights in `{name}`, `a.safetensors` among them; name the one to load")
    );
}

#[test]
fn what_is_missing_or_of_another_shape_is_named() {
    let directory = directory();
    let path = directory.path().join("model.safetensors");
    write(&path, &["bias", "weight"]);
    let weights = load(&path).unwrap();
    let name = path.display();
    for (result, expected) in [
        (weights.pp("head").get(1, "scale"), format!("there is no tensor `head.scale` in `{name}`")),
        (
            weights.get((3, 2), "weight"),
            format!("the tensor `weight` in `{name}` has the shape [2, 3], and the model needs [3, 2]"),
        ),
        (weights.get_unchecked("scale"), format!("there is no tensor `scale` in `{name}`")),
    ] {
        let error = result.unwrap_err().to_string();
        assert_eq!(error, format!("{expected}: these are the weights of another model"));
    }
}

#[test]
fn a_damaged_file_is_named_and_what_is_wrong_with_it() {
    let directory = directory();
    let path = directory.path().join("model.safetensors");
    write(&path, &["bias", "weight"]);
    let whole = fs::read(&path).unwrap();
    let (length, beyond) = (whole.len(), [whole.as_slice(), b"x"].concat());
    let bad_header = [&whole[..20], b"\xff", &whole[21..]].concat();
    let long_header = [&[0xff; 8], &whole[8..]].concat();
    // The tensor that needs more room for a number comes first.
    let within = |name, length| {
        format!(
            "it is cut short within the tensor `{name}`: it has {length} of {} bytes; fetch it again",
            whole.len()
        )
    };
    for (bytes, expected) in [
        (&whole[..length - 1], within("weight", length - 1)),
        (&whole[..length - 13], within("bias", length - 13)),
        (&whole[..40], "its header is damaged or cut short; fetch it again".to_owned()),
        (&whole[..4], "it is neither a safetensors file nor one of `torch.save`, or is cut short".to_owned()),
        (&[], "it is empty; fetch it again".to_owned()),
        (&beyond, format!("it has {} bytes, and its header tells of {length}; fetch it again", length + 1)),
        (&bad_header, "its header is damaged; fetch it again: ".to_owned()),
        (&long_header, "its header is damaged or cut short; fetch it again".to_owned()),
        (b"PK\x03\x04 and so on", "it is damaged or cut short; fetch it again: ".to_owned()),
        (b"\x80\x02\x8a\x0a", "it is a pickle, as PyTorch wrote them before 1.6".to_owned()),
        (b"GGUF\x03\0\0\0", "it is a GGUF file".to_owned()),
        (b"<!DOCTYPE html>", "it is neither a safetensors file nor one of `torch.save`".to_owned()),
    ] {
        fs::write(&path, bytes).unwrap();
        let error = load(&path).err().unwrap();
        let expected = format!("cannot open `{}`: {expected}", path.display());
        assert!(error.starts_with(&expected), "{error}\n{expected}");
    }
    let error = load("/nowhere.safetensors".as_ref()).err().unwrap();
    assert!(error.starts_with("cannot open `/nowhere.safetensors`: No such file"), "{error}");
}

/// A mapping would end the process here.
#[test]
fn a_file_that_is_cut_short_while_it_is_open_is_an_error() {
    let directory = directory();
    let path = directory.path().join("model.safetensors");
    write(&path, &["bias", "weight"]);
    let weights = load(&path).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(8).unwrap();
    let error = weights.get(2, "bias").unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot load `bias` of `{}`", path.display())), "{error}");
}

#[test]
fn numbers_of_every_kind_are_read() {
    let directory = directory();
    let path = directory.path().join("model.safetensors");
    for kind in [DType::U8, DType::U32, DType::I64, DType::F16, DType::BF16, DType::F32, DType::F64] {
        let tensor = Tensor::new(&[[1f32, 2.], [3., 4.]], &Device::Cpu).unwrap().to_dtype(kind).unwrap();
        candle_core::safetensors::save(&HashMap::from([("numbers", tensor)]), &path).unwrap();
        let read = load(&path).unwrap().get((2, 2), "numbers").unwrap();
        assert_eq!(read.to_vec2::<f32>().unwrap(), [[1., 2.], [3., 4.]], "{kind:?}");
    }
}
