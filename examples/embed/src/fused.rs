//! What a layer does with each number between two products: in one pass, in place, on all cores.
//!
//! candle has an operation for each step, and each of them goes through all numbers and makes new ones. Its `gelu_erf` takes `erf` from a
//! library for C, number by number. Its sums are computed by threads of their own, which stay awake for a while and take the core that the
//! next product needs. Together that costs a small BERT a third of its time.
//!
//! On other devices than the CPU these are candle's own operations.

use candle_core::{CpuStorage, DType, InplaceOp2, InplaceOp3, Layout, Result, Tensor, bail};
use candle_nn::ops::layer_norm;
use rayon::prelude::*;

/// How many numbers a core takes at once, so that they stay in its cache.
const PIECE: usize = 1 << 13;

/// Coefficients of `erf(x) / x` in powers of `x * x`, fitted from 0 to 4: those of the dividend, then those of the divisor.
const DIVIDEND: [f32; 7] = [
    1.128_378_6,
    0.213_914_48,
    0.052_429_445,
    0.004_291_781_7,
    0.000_155_507_75,
    -1.990_257e-6,
    1.921_876_2e-8,
];
const DIVISOR: [f32; 5] = [1., 0.522_904_46, 0.120_787_11, 0.015_548_506, 0.001_097_734_4];

/// Adds `bias` to each row. Nobody else may have `numbers`.
pub(crate) fn add(numbers: Tensor, bias: &Tensor) -> Result<Tensor> {
    if !is_ours(&numbers) {
        return numbers.broadcast_add(bias);
    }
    let each = |row: &mut [f32], bias: &[f32]| {
        row.iter_mut().zip(bias).for_each(|(number, bias)| *number += bias);
    };
    numbers.inplace_op2(bias, &EachRow(each))?;
    Ok(numbers)
}

/// Adds `bias` to each row and applies GELU. Nobody else may have `numbers`.
pub(crate) fn add_and_gelu(numbers: Tensor, bias: &Tensor) -> Result<Tensor> {
    if !is_ours(&numbers) {
        return numbers.broadcast_add(bias)?.gelu_erf();
    }
    let each = |row: &mut [f32], bias: &[f32]| {
        row.iter_mut().zip(bias).for_each(|(number, bias)| *number = gelu(*number + bias));
    };
    numbers.inplace_op2(bias, &EachRow(each))?;
    Ok(numbers)
}

/// What [`Norm::add_and_norm`] needs: what is added to each row, and the layer norm after it.
pub(crate) struct Norm {
    /// `[3, number]`: the bias, the norm's factors, the norm's bias.
    parameters: Tensor,
    epsilon: f64,
}

impl Norm {
    pub(crate) fn new(bias: &Tensor, factors: &Tensor, norm_bias: &Tensor, epsilon: f64) -> Result<Self> {
        Ok(Self { parameters: Tensor::stack(&[bias, factors, norm_bias], 0)?, epsilon })
    }

    /// Adds the bias and `others`, which is of the same shape, and brings each row to a mean of 0 and a variance of 1, before the norm's
    /// factors and bias. Nobody else may have `numbers`.
    pub(crate) fn add_and_norm(&self, numbers: Tensor, others: &Tensor) -> Result<Tensor> {
        if !is_ours(&numbers) {
            let sum = numbers.broadcast_add(&self.parameters.get(0)?)?.add(others)?;
            let (factors, bias) = (self.parameters.get(1)?, self.parameters.get(2)?);
            return layer_norm(&sum, &factors, &bias, self.epsilon as f32);
        }
        numbers.inplace_op3(&others.contiguous()?, &self.parameters, &AddAndNorm(self.epsilon as f32))?;
        Ok(numbers)
    }
}

fn is_ours(numbers: &Tensor) -> bool {
    numbers.device().is_cpu() && numbers.dtype() == DType::F32
}

/// Does something to each row of the first tensor, with the second, which has one row.
struct EachRow<F>(F);

impl<F: Fn(&mut [f32], &[f32]) + Sync> InplaceOp2 for EachRow<F> {
    fn name(&self) -> &'static str {
        "each-row"
    }

    fn cpu_fwd(
        &self,
        numbers: &mut CpuStorage,
        layout: &Layout,
        row: &CpuStorage,
        row_layout: &Layout,
    ) -> Result<()> {
        let (numbers, given) = (slice_mut(numbers, layout)?, slice(row, row_layout)?);
        let width = given.len().max(1);
        numbers.par_chunks_mut(piece(width)).for_each(|piece| {
            piece.chunks_exact_mut(width).for_each(|row| (self.0)(row, given));
        });
        Ok(())
    }
}

struct AddAndNorm(f32);

impl InplaceOp3 for AddAndNorm {
    fn name(&self) -> &'static str {
        "add-and-norm"
    }

    fn cpu_fwd(
        &self,
        numbers: &mut CpuStorage,
        layout: &Layout,
        others: &CpuStorage,
        others_layout: &Layout,
        parameters: &CpuStorage,
        parameters_layout: &Layout,
    ) -> Result<()> {
        let width = layout.shape().dims().last().copied().unwrap_or(1).max(1);
        let (numbers, others) = (slice_mut(numbers, layout)?, slice(others, others_layout)?);
        let parameters = slice(parameters, parameters_layout)?;
        let mut parameters = parameters.chunks_exact(width);
        let (Some(bias), Some(factors), Some(norm_bias)) =
            (parameters.next(), parameters.next(), parameters.next())
        else {
            bail!("`{}` needs three rows of {width} parameters", self.name())
        };
        let pieces = numbers.par_chunks_mut(piece(width)).zip(others.par_chunks(piece(width)));
        pieces.for_each(|(piece, others)| {
            for (row, others) in piece.chunks_exact_mut(width).zip(others.chunks_exact(width)) {
                for ((number, other), bias) in row.iter_mut().zip(others).zip(bias) {
                    *number += other + bias;
                }
                let mean = sum(row, |number| number) / width as f32;
                let variance = sum(row, |number| (number - mean) * (number - mean)) / width as f32;
                let scale = (variance + self.0).sqrt().recip();
                for ((number, factor), bias) in row.iter_mut().zip(factors).zip(norm_bias) {
                    *number = (*number - mean) * scale * factor + bias;
                }
            }
        });
        Ok(())
    }
}

/// The sum of a row. In eight parts, which are added at the end, as a compiler may not change the order by itself.
fn sum(row: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0.; 8];
    let (eights, rest) = row.as_chunks::<8>();
    for eight in eights {
        sums.iter_mut().zip(eight).for_each(|(sum, &number)| *sum += of(number));
    }
    sums.iter().sum::<f32>() + rest.iter().map(|&number| of(number)).sum::<f32>()
}

fn gelu(number: f32) -> f32 {
    0.5 * number * (1. + erf(number * std::f32::consts::FRAC_1_SQRT_2))
}

/// Off by at most 4e-7. A compiler makes vector instructions of it.
fn erf(number: f32) -> f32 {
    // Beyond, it is 1 as far as `f32` goes.
    let number = number.clamp(-4., 4.);
    let square = number * number;
    let polynomial =
        |coefficients: &[f32]| coefficients.iter().rev().fold(0., |sum, &next| sum * square + next);
    number * polynomial(&DIVIDEND) / polynomial(&DIVISOR)
}

/// Whole rows, about as many as a piece has.
fn piece(width: usize) -> usize {
    (PIECE / width).max(1) * width
}

fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let numbers = storage.as_slice::<f32>()?;
    match layout.contiguous_offsets().and_then(|(from, to)| numbers.get(from..to)) {
        Some(numbers) => Ok(numbers),
        None => bail!("the numbers do not follow one another"),
    }
}

fn slice_mut<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<&'a mut [f32]> {
    let CpuStorage::F32(numbers) = storage else { bail!("the numbers are no `f32`") };
    match layout.contiguous_offsets().and_then(|(from, to)| numbers.get_mut(from..to)) {
        Some(numbers) => Ok(numbers),
        None => bail!("the numbers do not follow one another"),
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn largest(differences: Result<Tensor>) -> f32 {
        differences.unwrap().abs().unwrap().max_all().unwrap().to_scalar().unwrap()
    }

    fn random(shape: impl Into<candle_core::Shape>) -> Tensor {
        Tensor::randn(0_f32, 2., shape, &Device::Cpu).unwrap()
    }

    #[test]
    fn sums_are_those_of_candle() {
        let (numbers, bias) = (random((3, 50, 387)), random(387));
        let expected = numbers.broadcast_add(&bias).unwrap();
        assert_eq!(largest(add(numbers.copy().unwrap(), &bias).unwrap() - expected), 0.);
    }

    #[test]
    fn gelu_is_that_of_candle() {
        let numbers: Vec<f32> = (-120_000..120_000).map(|number| number as f32 * 1e-4).collect();
        let numbers = Tensor::from_vec(numbers, (80, 3000), &Device::Cpu).unwrap();
        let bias = random(3000);
        let expected = numbers.broadcast_add(&bias).unwrap().gelu_erf().unwrap();
        let difference = largest(add_and_gelu(numbers.copy().unwrap(), &bias).unwrap() - expected);
        assert!(difference < 4e-6, "{difference}");
        assert!(gelu(f32::NAN).is_nan());
        assert_eq!(gelu(f32::INFINITY), f32::INFINITY);
        assert!(gelu(-20.).abs() < 1e-5);
    }

    #[test]
    fn the_norm_is_that_of_candle() {
        let (numbers, others) = (random((3, 50, 387)), random((3, 50, 387)));
        let (bias, factors, norm_bias) = (random(387), random(387), random(387));
        let sum = (&numbers + &others).unwrap().broadcast_add(&bias).unwrap();
        let expected = layer_norm(&sum, &factors, &norm_bias, 1e-5).unwrap();
        let norm = Norm::new(&bias, &factors, &norm_bias, 1e-5).unwrap();
        let difference = largest(norm.add_and_norm(numbers.copy().unwrap(), &others).unwrap() - expected);
        assert!(difference < 1e-5, "{difference}");
    }
}
