//! The network: EfficientNet-Lite0 on candle.
//!
//! Owns the weights and the arithmetic: the pixels of a picture in, a probability for each class out. Batch normalisation is folded into
//! the convolutions when they are loaded, so it costs nothing. Tensors of pixels are `[channels, height, width]`.

use candle_core::{D, IndexOp as _, Module as _, Result, Tensor};
use candle_nn::{Linear, VarBuilder, linear, ops::softmax};

/// Width and height of the picture.
pub(crate) const SIDE: usize = 224;
/// How many classes there are.
pub(crate) const CLASSES: usize = 1_000;

/// How many blocks follow one another, their kernel, the stride of the first, how much they widen, and the channels that come out.
const STAGES: [(usize, usize, usize, usize, usize); 7] = [
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
];
/// Channels that the classes are told from.
const FEATURES: usize = 1_280;

/// The network.
pub(crate) struct Classifier {
    stem: Layer,
    blocks: Vec<Block>,
    head: Layer,
    output: Linear,
}

impl Classifier {
    /// Takes the tensors by the names that they have in PyTorch's version of the network.
    pub(crate) fn load(weights: &VarBuilder<'_>) -> Result<Self> {
        let stem = Layer::load(weights, ["_conv_stem", "_bn0"], (32, 3, 3), 2)?;
        let (mut blocks, mut from) = (Vec::new(), 32);
        for (count, kernel, stride, wider, to) in STAGES {
            for number in 0..count {
                let weights = weights.pp(format!("_blocks.{}", blocks.len()));
                let (width, stride) = (from * wider, if number == 0 { stride } else { 1 });
                let expand = || Layer::load(&weights, ["_expand_conv", "_bn0"], (width, from, 1), 1);
                blocks.push(Block {
                    expand: (wider > 1).then(expand).transpose()?,
                    depthwise: Layer::load(
                        &weights,
                        ["_depthwise_conv", "_bn1"],
                        (width, 1, kernel),
                        stride,
                    )?,
                    project: Layer::load(&weights, ["_project_conv", "_bn2"], (to, width, 1), 1)?,
                    is_residual: stride == 1 && from == to,
                });
                from = to;
            }
        }
        let head = Layer::load(weights, ["_conv_head", "_bn1"], (FEATURES, from, 1), 1)?;
        Ok(Self { stem, blocks, head, output: linear(FEATURES, CLASSES, weights.pp("_fc"))? })
    }

    /// From `[3, SIDE, SIDE]` to the probabilities of the classes.
    pub(crate) fn probabilities(&self, picture: &Tensor) -> Result<Vec<f32>> {
        let mut features = self.stem.forward(picture)?.clamp(0., 6.)?;
        for block in &self.blocks {
            features = block.forward(&features)?;
        }
        let features = self.head.forward(&features)?.clamp(0., 6.)?.mean((1, 2))?;
        softmax(&self.output.forward(&features.unsqueeze(0)?)?, D::Minus1)?.squeeze(0)?.to_vec1()
    }
}

/// Widens, looks around, narrows; and adds what came in where it has the shape of what goes out.
struct Block {
    expand: Option<Layer>,
    depthwise: Layer,
    project: Layer,
    is_residual: bool,
}

impl Block {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let wide = match &self.expand {
            Some(expand) => &expand.forward(input)?.clamp(0., 6.)?,
            None => input,
        };
        let output = self.project.forward(&self.depthwise.forward(wide)?.clamp(0., 6.)?)?;
        if self.is_residual { output + input } else { Ok(output) }
    }
}

/// A convolution and the normalisation after it.
struct Layer {
    /// `[out, in, side, side]`; where `in` is 1 each channel is looked at alone.
    weight: Tensor,
    /// `[out, 1, 1]`
    bias: Tensor,
    stride: usize,
}

impl Layer {
    fn load(
        weights: &VarBuilder<'_>,
        [convolution, normalisation]: [&str; 2],
        (to, from, side): (usize, usize, usize),
        stride: usize,
    ) -> Result<Self> {
        let weight = weights.pp(convolution).get((to, from, side, side), "weight")?;
        let normalisation = weights.pp(normalisation);
        let get = |name| normalisation.get(to, name);
        let factor = (get("weight")? / (get("running_var")? + 1e-3)?.sqrt()?)?;
        let bias = (get("bias")? - (get("running_mean")? * &factor)?)?;
        Ok(Self {
            weight: weight.broadcast_mul(&factor.reshape((to, 1, 1, 1))?)?,
            bias: bias.reshape((to, 1, 1))?,
            stride,
        })
    }

    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let (to, from, side, _) = self.weight.dims4()?;
        let (_, height, width) = input.dims3()?;
        let sum = if side == 1 {
            let weight = self.weight.flatten_from(1)?;
            weight.matmul(&input.flatten_from(1)?)?.reshape((to, height, width))?
        } else if from == 1 {
            self.each_alone(&self.padded(input)?, height.div_ceil(self.stride), width.div_ceil(self.stride))?
        } else {
            self.padded(input)?.unsqueeze(0)?.conv2d(&self.weight, 0, self.stride, 1, 1)?.squeeze(0)?
        };
        sum.broadcast_add(&self.bias)
    }

    /// Puts zeros around the pixels as TensorFlow does, where the network comes from: what is odd goes to the right and below.
    fn padded(&self, input: &Tensor) -> Result<Tensor> {
        let side = self.weight.dim(2)?;
        [1, 2].into_iter().try_fold(input.clone(), |input, axis| {
            let length = input.dim(axis)?;
            let missing = ((length.div_ceil(self.stride) - 1) * self.stride + side).saturating_sub(length);
            // As many more as it takes for `each_alone` to part them by the stride.
            let spare = (self.stride - (length + missing) % self.stride) % self.stride;
            input.pad_with_zeros(axis, missing / 2, missing - missing / 2 + spare)
        })
    }

    /// Looks at each channel alone: candle's own way takes one convolution for each of a thousand channels.
    fn each_alone(&self, padded: &Tensor, height: usize, width: usize) -> Result<Tensor> {
        let stride = self.stride;
        let (channels, rows, columns) = padded.dims3()?;
        let parted = padded.reshape(&[channels, rows / stride, stride, columns / stride, stride][..])?;
        let side = self.weight.dim(2)?;
        let mut sum = Tensor::zeros((channels, height, width), padded.dtype(), padded.device())?;
        for (y, x) in (0..side * side).map(|place| (place / side, place % side)) {
            let (top, left) = (y / stride, x / stride);
            let seen = parted.i((.., top..top + height, y % stride, left..left + width, x % stride))?;
            let weight = self.weight.i((.., .., y, x))?.unsqueeze(2)?;
            sum = (sum + seen.broadcast_mul(&weight)?)?;
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    /// Looking at each channel alone is what candle's convolution in groups does, for every kernel and stride that is here.
    #[test]
    fn each_channel_alone_equals_the_convolution_of_candle() {
        for (side, stride, height, width) in
            [(3, 1, 7, 5), (3, 2, 8, 8), (5, 1, 7, 6), (5, 2, 14, 14), (5, 2, 7, 9)]
        {
            let weight = Tensor::randn(0f32, 1., (4, 1, side, side), &Device::Cpu).unwrap();
            let bias = Tensor::randn(0f32, 1., (4, 1, 1), &Device::Cpu).unwrap();
            let layer = Layer { weight, bias, stride };
            let input = Tensor::randn(0f32, 1., (4, height, width), &Device::Cpu).unwrap();
            let got = layer.forward(&input).unwrap();

            let padded = layer.padded(&input).unwrap().unsqueeze(0).unwrap();
            let by_candle = padded.conv2d(&layer.weight, 0, stride, 1, 4).unwrap().squeeze(0).unwrap();
            let by_candle = by_candle.narrow(1, 0, height.div_ceil(stride)).unwrap();
            let by_candle = by_candle.narrow(2, 0, width.div_ceil(stride)).unwrap();
            let expected = by_candle.broadcast_add(&layer.bias).unwrap();
            let difference = (got - expected).unwrap().abs().unwrap().max_all().unwrap();
            assert!(difference.to_scalar::<f32>().unwrap() < 1e-5, "{side} {stride} {height} {width}");
        }
    }

    /// Zeros add nothing to a sum, so that only the padding tells: an even side gets one more to the right.
    #[test]
    fn padding_is_tensorflows() {
        let weight = Tensor::zeros((1, 1, 3, 3), candle_core::DType::F32, &Device::Cpu).unwrap();
        let bias = Tensor::zeros((1, 1, 1), candle_core::DType::F32, &Device::Cpu).unwrap();
        let layer = Layer { weight, bias, stride: 2 };
        let padded =
            layer.padded(&Tensor::ones((1, 4, 4), candle_core::DType::F32, &Device::Cpu).unwrap()).unwrap();
        let first = padded.i((0, 0)).unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(first, [1., 1., 1., 1., 0., 0.]);
    }
}
