//! The network does not see its tiles, stops when told, and says which tensor is wrong.

use std::collections::HashMap;

use anyhow::anyhow;
use image::Rgb;

use super::*;

const X2: &[u8] = include_bytes!("../../weights/x2.safetensors");
const X4: &[u8] = include_bytes!("../../weights/x4.safetensors");

fn load(weights: &[u8]) -> Upscaler {
    Upscaler::load(weights, &Device::Cpu).unwrap()
}

/// Noise is the hardest for a network that looks at its surroundings.
fn noise(width: u32, height: u32) -> RgbImage {
    let mut state = 1_u32;
    let mut value = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    RgbImage::from_fn(width, height, |_, _| Rgb([value(), value(), value()]))
}

fn largest_difference(left: &RgbImage, right: &RgbImage) -> u8 {
    assert_eq!(left.dimensions(), right.dimensions());
    left.iter().zip(right.iter()).map(|(left, right)| left.abs_diff(*right)).max().unwrap_or(0)
}

#[test]
fn tiles_leave_no_trace() {
    for (weights, sizes) in [
        (X2, &[(1, 1), (1, 37), (37, 1), (2, 3), (16, 16), (17, 33), (50, 41)][..]),
        (X4, &[(1, 1), (1, 20), (20, 1), (23, 17)]),
    ] {
        let model = load(weights);
        for &(width, height) in sizes {
            let picture = noise(width, height);
            let whole = model.upscale_in_tiles(&picture, u32::MAX, |_, _| Ok(())).unwrap();
            assert_eq!(whole.dimensions(), (width * model.scale(), height * model.scale()));
            for longest_side in [7, 16] {
                let tiled = model.upscale_in_tiles(&picture, longest_side, |_, _| Ok(())).unwrap();
                let difference = largest_difference(&whole, &tiled);
                assert!(
                    difference <= 1,
                    "{width} by {height} in tiles of {longest_side}: {difference} of 255"
                );
            }
        }
    }
}

/// `REACH` is neither too short, which would show at the seams, nor longer than it has to be.
#[test]
fn a_pixel_is_felt_exactly_as_far_as_the_reach() {
    let side = 2 * REACH + 5;
    let centre = side / 2;
    for weights in [X2, X4] {
        // With all weights one and no bias nothing cancels, and what the pixel does not touch stays zero.
        let mut tensors = candle_core::safetensors::load_buffer(weights, &Device::Cpu).unwrap();
        for tensor in tensors.values_mut() {
            *tensor = if tensor.rank() == 1 { tensor.zeros_like() } else { tensor.ones_like() }.unwrap();
        }
        let model = Upscaler::build(&VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu)).unwrap();
        let mut picture = RgbImage::new(side, side);
        picture.put_pixel(centre, centre, Rgb([255, 255, 255]));
        let enlarged = model.upscale_in_tiles(&picture, u32::MAX, |_, _| Ok(())).unwrap();
        let touched = enlarged.enumerate_pixels().filter(|(_, _, pixel)| pixel.0 != [0, 0, 0]);
        let distances = touched.map(|(x, y, _)| {
            let (x, y) = (x / model.scale(), y / model.scale());
            x.abs_diff(centre).max(y.abs_diff(centre))
        });
        assert_eq!(distances.max(), Some(REACH));
    }
}

#[test]
fn progress_counts_every_tile_once() {
    let mut seen = Vec::new();
    let picture = noise(20, 9);
    load(X2)
        .upscale_in_tiles(&picture, 8, |done, total| {
            seen.push((done, total));
            Ok(())
        })
        .unwrap();
    assert_eq!(seen, (0..=6).map(|done| (done, 6)).collect::<Vec<_>>());
}

#[test]
fn an_error_from_the_callback_stops_at_once() {
    let model = load(X2);
    for stop_at in [0, 1, 3] {
        let mut calls = 0;
        let error = model
            .upscale_in_tiles(&noise(20, 9), 8, |done, _| {
                calls += 1;
                if done == stop_at { Err(anyhow!("canceled")) } else { Ok(()) }
            })
            .unwrap_err();
        assert_eq!((calls, error.to_string().as_str()), (stop_at + 1, "canceled"));
    }
}

#[test]
fn a_picture_without_pixels_stays_so() {
    let nothing = load(X4).upscale(&RgbImage::new(0, 5), |_, _| Ok(())).unwrap();
    assert_eq!(nothing.dimensions(), (0, 20));
}

#[test]
fn cuts_are_even_and_complete() {
    for of in 0..200 {
        for longest in [1, 7, 64, u32::MAX] {
            let spans = cut(of, longest);
            assert_eq!(spans.iter().map(|span| span.len).sum::<u32>(), of);
            assert!(spans.iter().all(|span| (1..=longest).contains(&span.len)));
            let (shortest, longest) =
                (spans.iter().map(|span| span.len).min(), spans.iter().map(|span| span.len).max());
            assert!(longest.unwrap_or(0) - shortest.unwrap_or(0) <= 1);
        }
    }
}

#[test]
fn wrong_weights_are_named() {
    let check = |change: &dyn Fn(&mut HashMap<String, Tensor>), expect: &str| {
        let mut tensors = candle_core::safetensors::load_buffer(X2, &Device::Cpu).unwrap();
        change(&mut tensors);
        let weights = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
        let error = format!("{:#}", Upscaler::build(&weights).unwrap_err());
        assert!(error.contains(expect), "{error}");
    };
    let zeros = |shape: &[usize]| Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap();
    check(&|tensors| drop(tensors.remove("GFF_2.weight")), "GFF_2.weight");
    check(&|tensors| drop(tensors.remove("UPN3.bias")), "UPN3.bias");
    check(&|tensors| drop(tensors.insert("LFF_1.weight".into(), zeros(&[64, 68, 3, 3]))), "LFF_1.weight");
    check(&|tensors| drop(tensors.insert("SR.bias".into(), zeros(&[4]))), "SR.bias");
    for length in [0, 7] {
        let expect = format!("`UPN3.bias` has {length} values, which is not 3 * scale * scale for any scale");
        check(&|tensors| drop(tensors.insert("UPN3.bias".into(), zeros(&[length]))), &expect);
    }
    for bytes in [&b""[..], b"hello", &X2[..1_000]] {
        let error = Upscaler::load(bytes, &Device::Cpu).unwrap_err();
        assert_eq!(error.to_string(), "the weights are not a safetensors file");
    }
}
