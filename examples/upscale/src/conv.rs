//! Convolution with "same" padding, written for the CPU.
//!
//! Owns the weights of one layer. On a CPU it makes this network about four times quicker than candle's `conv2d`,
//! which gathers each window value by value; here whole rows are moved, and the rest is left to the matrix product.
//! On other devices it is candle's `conv2d`.

use candle_core::{Module, Result, Tensor};
use candle_nn::VarBuilder;

/// A convolution with a square kernel of odd side, stride 1, and zeros around the picture.
#[derive(Debug)]
pub(crate) struct Conv {
    /// `[out, in, side, side]`
    weight: Tensor,
    /// For each row of the kernel `[out, side * in]`.
    rows: Vec<Tensor>,
    /// `[out, 1]`
    bias: Tensor,
}

impl Conv {
    /// Takes `weight` of this shape, out, in, side, side, and `bias`; the error names the tensor that is wrong.
    pub(crate) fn load(weights: &VarBuilder<'_>, shape: (usize, usize, usize, usize)) -> Result<Self> {
        Self::new(weights.get(shape, "weight")?, &weights.get(shape.0, "bias")?)
    }

    fn new(weight: Tensor, bias: &Tensor) -> Result<Self> {
        let (to, from, side, _) = weight.dims4()?;
        let rows = (0..side)
            .map(|y| weight.narrow(2, y, 1)?.squeeze(2)?.transpose(1, 2)?.reshape((to, side * from)))
            .collect::<Result<_>>()?;
        Ok(Self { weight, rows, bias: bias.unsqueeze(1)? })
    }

    /// Merges "enlarge by nearest neighbour, then convolve" into one convolution on the small picture.
    ///
    /// A window on enlarged pixels covers few small ones, so the weights that fall on the same small pixel can be
    /// added up once, for each of the `scale * scale` places inside an enlarged pixel. The result has
    /// `out * scale * scale` channels: out, y place, x place. It saves writing out the enlarged channels, which at
    /// four times would be sixteen times the memory of any other layer.
    pub(crate) fn after_nearest_upsample(self, scale: usize) -> Result<Self> {
        let (to, from, side, _) = self.weight.dims4()?;
        let margin = side / 2;
        // For one axis: whether weight `k`, seen from the new pixel at `place`, falls on the small pixel `near`.
        let falls_on = (0..side).flat_map(|k| {
            (0..scale).flat_map(move |place| {
                (0..side).map(move |near| (place + k + margin * scale - margin) / scale == near)
            })
        });
        let axis = Tensor::from_iter(falls_on.map(|falls| f32::from(u8::from(falls))), self.weight.device())?
            .reshape((side, scale * side))?;
        let weight = self
            .weight
            .reshape((to * from * side, side))?
            .matmul(&axis)?
            .reshape((to * from, side, scale * side))?
            .transpose(1, 2)?
            .reshape((to * from * scale * side, side))?
            .matmul(&axis)?
            // out, in, x place, x near, y place, y near
            .reshape(&[to, from, scale, side, scale, side][..])?
            .permute([0, 4, 2, 1, 5, 3])?
            .reshape((to * scale * scale, from, side, side))?;
        let bias = self.bias.repeat((1, scale * scale))?.flatten_all()?;
        Self::new(weight, &bias)
    }

    fn by_candle(&self, input: &Tensor) -> Result<Tensor> {
        let margin = self.rows.len() / 2;
        input
            .unsqueeze(0)?
            .conv2d(&self.weight, margin, 1, 1, 1)?
            .squeeze(0)?
            .broadcast_add(&self.bias.unsqueeze(2)?)
    }

    fn by_rows(&self, input: &Tensor) -> Result<Tensor> {
        let (_, height, width) = input.dims3()?;
        let side = self.rows.len();
        let margin = side / 2;
        let stride = width + 2 * margin;
        // With the pixels in one line, the neighbour to the right is one further and the one below `stride`. The
        // spare row at the end is for windows that begin in the margin: they are computed along, then dropped.
        let spare = usize::from(margin > 0);
        let line = input
            .pad_with_zeros(2, margin, margin)?
            .pad_with_zeros(1, margin, margin + spare)?
            .flatten_from(1)?;
        let length = (height + 2 * margin) * stride;
        let columns = (0..side).map(|x| line.narrow(1, x, length)).collect::<Result<Vec<_>>>()?;
        let columns = Tensor::cat(&columns, 0)?;
        let mut sum = self.bias.clone();
        for (y, row) in self.rows.iter().enumerate() {
            sum = row.matmul(&columns.narrow(1, y * stride, height * stride)?)?.broadcast_add(&sum)?;
        }
        sum.reshape(((), height, stride))?.narrow(2, 0, width)?.contiguous()
    }
}

impl Module for Conv {
    /// From `[in, height, width]` to `[out, height, width]`.
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        if input.device().is_cpu() { self.by_rows(input) } else { self.by_candle(input) }
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Module as _, Tensor};

    use super::Conv;

    fn random(shape: &[usize]) -> Tensor {
        Tensor::randn(0f32, 1., shape, &Device::Cpu).unwrap()
    }

    #[track_caller]
    fn assert_close(left: &Tensor, right: &Tensor) {
        assert_eq!(left.dims(), right.dims());
        let difference =
            (left - right).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
        assert!(difference < 1e-4, "{difference}");
    }

    #[test]
    fn equals_the_convolution_of_candle() {
        for side in [1, 3, 5] {
            for (height, width) in [(1, 1), (1, 9), (9, 1), (2, 3), (12, 7)] {
                let (weight, bias) = (random(&[4, 3, side, side]), random(&[4]));
                let conv = Conv::new(weight, &bias).unwrap();
                let input = random(&[3, height, width]);
                assert_close(&conv.by_rows(&input).unwrap(), &conv.by_candle(&input).unwrap());
            }
        }
    }

    #[test]
    fn merges_with_the_enlargement_before_it() {
        for scale in 1..=4 {
            let (weight, bias) = (random(&[3, 5, 3, 3]), random(&[3]));
            let (height, width) = (4, 6);
            let input = random(&[5, height, width]);
            let large =
                input.unsqueeze(0).unwrap().upsample_nearest2d(height * scale, width * scale).unwrap();
            let expect =
                Conv::new(weight.clone(), &bias).unwrap().forward(&large.squeeze(0).unwrap()).unwrap();

            let merged = Conv::new(weight, &bias).unwrap().after_nearest_upsample(scale).unwrap();
            let got =
                candle_nn::ops::pixel_shuffle(&merged.forward(&input).unwrap().unsqueeze(0).unwrap(), scale);
            assert_close(&got.unwrap().squeeze(0).unwrap(), &expect);
        }
    }
}
