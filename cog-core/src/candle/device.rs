//! Which device the model runs on, and why.
//!
//! The choice is made once, in setup, and tried out: a program that was built for other hardware fails here, in words, and not in the
//! first prediction.

use std::fmt;

use candle_core::{DType, Device, Error as CandleError, Tensor};

#[cfg(feature = "cuda")]
use super::architecture;
use super::failure;
use crate::device::DevicePreference;
use crate::error::{Error, Result};
use crate::scope::current_scope;
use crate::setup::Setup;

/// Opens the device that the model shall run on.
///
/// Without a wish it is the first CUDA device, if the program was built with the feature `cuda` and there is one, and else the CPU. With
/// one ([`Setup::device_preference`]) it is that device. What was chosen and why goes to the logs of the setup, so it is in the server's
/// log and in `setup.logs` of `/health-check`.
///
/// # Errors
/// When the device that was asked for cannot be had, or the one that is there cannot be used: what to do is in the message.
pub fn device(setup: &Setup) -> Result<Device> {
    let (device, chosen) = choose(setup.device_preference(), open)?;
    current_scope().log(chosen);
    Ok(device)
}

/// Where tensors can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Cpu,
    Cuda(usize),
    Metal,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => formatter.write_str("the CPU"),
            Self::Cuda(number) => write!(formatter, "CUDA device {number}"),
            Self::Metal => formatter.write_str("Metal"),
        }
    }
}

/// Opens a device and computes something on it, as kernels are loaded only when they are used.
fn open(place: Place) -> candle_core::Result<Device> {
    let device = match place {
        Place::Cpu => return Ok(Device::Cpu),
        Place::Cuda(number) => Device::new_cuda(number)?,
        Place::Metal => Device::new_metal(0)?,
    };
    #[cfg(feature = "cuda")]
    if device.is_cuda() {
        architecture::check(&device)?;
    }
    Tensor::zeros(1, DType::F32, &device)?.affine(1., 1.)?.to_vec1::<f32>()?;
    Ok(device)
}

/// Returns the device to use and a line for the log that says which and why.
fn choose<D>(
    preference: DevicePreference,
    open: impl Fn(Place) -> candle_core::Result<D>,
) -> Result<(D, String)> {
    let place = match preference {
        DevicePreference::Auto => return choose_by_itself(open),
        DevicePreference::Cpu => Place::Cpu,
        DevicePreference::Cuda(number) => Place::Cuda(number),
        DevicePreference::Metal => Place::Metal,
    };
    let device = open(place).map_err(|error| refusal(place, error))?;
    Ok((device, format!("using {place}, as `{preference}` was asked for")))
}

fn choose_by_itself<D>(open: impl Fn(Place) -> candle_core::Result<D>) -> Result<(D, String)> {
    let place = Place::Cuda(0);
    let error = match open(place) {
        Ok(device) => return Ok((device, format!("using {place}, the first one there is"))),
        Err(error) => error,
    };
    let reason = match failure::cause(&error) {
        CandleError::NotCompiledWithCudaSupport => "this program is built without CUDA",
        error if failure::is_device_absent(error) => "there is no CUDA device",
        // It is there and cannot be used: what is paid for and stands idle should be noticed.
        _ => return Err(refusal(place, error)),
    };
    Ok((open(Place::Cpu)?, format!("using {}, as {reason}", Place::Cpu)))
}

/// Says why a device cannot be had, and what to do.
fn refusal(place: Place, error: CandleError) -> Error {
    let advice = match failure::cause(&error) {
        CandleError::NotCompiledWithCudaSupport => {
            "this program is built without CUDA: build it with `--features cuda`, or set `COG_DEVICE=cpu`"
        }
        CandleError::NotCompiledWithMetalSupport => {
            "this program is built without Metal: build it with `--features metal` on a Mac, or set `COG_DEVICE=cpu`"
        }
        error => failure::advice(error)
            .unwrap_or("see what the driver says, or set `COG_DEVICE=cpu` to do without it"),
    };
    Error::new(error).context(format!("cannot use {place}: {advice}"))
}

#[cfg(test)]
mod tests {
    use super::super::failure::tests::cuda;
    use super::*;

    type Opened = candle_core::Result<Place>;

    #[track_caller]
    fn check(preference: &str, open: fn(Place) -> Opened, expected: Result<(Place, &str), &str>) {
        let chosen = choose(preference.parse().unwrap(), open).map_err(|error| format!("{error:#}"));
        let expected = expected.map(|(place, line)| (place, line.to_owned())).map_err(str::to_owned);
        assert_eq!(chosen, expected, "{preference}");
    }

    fn cpu_only(place: Place) -> Opened {
        match place {
            Place::Cpu => Ok(place),
            Place::Cuda(_) => Err(CandleError::NotCompiledWithCudaSupport),
            Place::Metal => Err(CandleError::NotCompiledWithMetalSupport),
        }
    }

    /// A program with CUDA on a machine with one device.
    fn one_gpu(place: Place) -> Opened {
        match place {
            Place::Cuda(0) => Ok(place),
            Place::Cuda(_) => Err(cuda("CUDA_ERROR_INVALID_DEVICE, \"invalid device ordinal\"")),
            other => cpu_only(other),
        }
    }

    fn no_gpu(place: Place) -> Opened {
        match place {
            Place::Cuda(_) => Err(cuda("CUDA_ERROR_NO_DEVICE, \"no CUDA-capable device is detected\"")),
            other => cpu_only(other),
        }
    }

    fn other_gpu(place: Place) -> Opened {
        match place {
            Place::Cuda(_) => Err(cuda("CUDA_ERROR_NO_BINARY_FOR_GPU, \"no kernel image is available\"")),
            other => cpu_only(other),
        }
    }

    #[test]
    fn by_itself_it_takes_cuda_and_else_the_cpu() {
        check("auto", one_gpu, Ok((Place::Cuda(0), "using CUDA device 0, the first one there is")));
        check("auto", cpu_only, Ok((Place::Cpu, "using the CPU, as this program is built without CUDA")));
        check("auto", no_gpu, Ok((Place::Cpu, "using the CPU, as there is no CUDA device")));
    }

    #[test]
    fn a_wish_is_met() {
        check("cpu", one_gpu, Ok((Place::Cpu, "using the CPU, as `cpu` was asked for")));
        check("cuda", one_gpu, Ok((Place::Cuda(0), "using CUDA device 0, as `cuda:0` was asked for")));
    }

    #[test]
    fn a_wish_that_cannot_be_met_is_an_error_that_says_what_to_do() {
        check(
            "cuda",
            cpu_only,
            Err(
                "cannot use CUDA device 0: this program is built without CUDA: build it with `--features cuda`, or set \
                 `COG_DEVICE=cpu`: the candle crate has not been built with cuda support",
            ),
        );
        check(
            "metal",
            cpu_only,
            Err(
                "cannot use Metal: this program is built without Metal: build it with `--features metal` on a Mac, or set \
                 `COG_DEVICE=cpu`: the candle crate has not been built with metal support",
            ),
        );
        check(
            "cuda:1",
            one_gpu,
            Err(
                "cannot use CUDA device 1: there is no device of this number: `nvidia-smi -L` lists those there are, \
                 counted from 0: DriverError(CUDA_ERROR_INVALID_DEVICE, \"invalid device ordinal\")",
            ),
        );
        check(
            "cuda",
            no_gpu,
            Err(
                "cannot use CUDA device 0: there is no CUDA device: give the machine or the container a GPU \
                 (`docker run --gpus all`), or set `COG_DEVICE=cpu`: \
                 DriverError(CUDA_ERROR_NO_DEVICE, \"no CUDA-capable device is detected\")",
            ),
        );
    }

    /// Nobody wants to find out by the bill that a GPU was there and the CPU was used.
    #[test]
    fn a_device_that_is_there_and_cannot_be_used_is_an_error_in_any_case() {
        for preference in ["auto", "cuda"] {
            let error = choose(preference.parse().unwrap(), other_gpu).unwrap_err().to_string();
            assert!(error.contains("built for GPUs of another architecture"), "{preference}: {error}");
        }
    }

    #[test]
    fn this_build_opens_the_cpu() {
        let (device, line) = choose(DevicePreference::Cpu, open).unwrap();
        assert!(device.is_cpu(), "{line}");
    }
}
