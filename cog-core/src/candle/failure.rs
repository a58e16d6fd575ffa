//! What an error of candle's means for the device, and for whoever reads it.
//!
//! CUDA's errors have names, which are part of its interface, and candle hands them on as text. They are looked for only in what a
//! device has said, which candle's error type tells: a client that gets such a name into a message breaks nothing.

use candle_core::Error as CandleError;

use crate::error::Error;

/// After these a CUDA context answers every call with the same error, or the device is gone.
///
/// Running out of memory is not among them, and neither are errors of cuBLAS and its like: where these come of a lost device, the next
/// call of the driver says so.
const LOST: &[&str] = &[
    "CUDA_ERROR_ILLEGAL_ADDRESS",
    "CUDA_ERROR_ILLEGAL_INSTRUCTION",
    "CUDA_ERROR_MISALIGNED_ADDRESS",
    "CUDA_ERROR_INVALID_ADDRESS_SPACE",
    "CUDA_ERROR_INVALID_PC",
    "CUDA_ERROR_HARDWARE_STACK_ERROR",
    "CUDA_ERROR_ASSERT",
    "CUDA_ERROR_LAUNCH_FAILED",
    "CUDA_ERROR_LAUNCH_TIMEOUT",
    "CUDA_ERROR_ECC_UNCORRECTABLE",
    "CUDA_ERROR_NVLINK_UNCORRECTABLE",
    "CUDA_ERROR_CONTAINED",
    "CUDA_ERROR_EXTERNAL_DEVICE",
    "CUDA_ERROR_CONTEXT_IS_DESTROYED",
    "CUDA_ERROR_DEINITIALIZED",
    "CUDA_ERROR_DEVICE_UNAVAILABLE",
    "CUDA_ERROR_NO_DEVICE",
    "CUDA_ERROR_MPS_CLIENT_TERMINATED",
    "CUDA_ERROR_MPS_SERVER_NOT_READY",
    // The driver says no more. A server that is replaced without need costs less than one that fails for ever.
    "CUDA_ERROR_UNKNOWN",
    // Metal, of a program that has made too many errors on the GPU.
    "CallbackErrorSubmissionsIgnored",
];

/// What there is when there is no device.
const ABSENT: &[&str] = &["CUDA_ERROR_NO_DEVICE", "CUDA_ERROR_STUB_LIBRARY"];

/// Names of errors, and what to do about them.
const ADVICE: &[(&[&str], &str)] = &[
    (
        &[
            "CUDA_ERROR_NO_BINARY_FOR_GPU",
            "CUDA_ERROR_INVALID_PTX",
            "CUDA_ERROR_INVALID_IMAGE",
            "CUDA_ERROR_JIT_COMPILATION_DISABLED",
            "invalid device function",
            "no kernel image",
            "PTX JIT compilation failed",
        ],
        "this program was built for GPUs of another architecture: build it on this machine, or with `CUDA_COMPUTE_CAP` set to what \
         `nvidia-smi --query-gpu=compute_cap --format=csv` prints here, without the dot",
    ),
    (
        &[
            "CUDA_ERROR_UNSUPPORTED_PTX_VERSION",
            "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH",
            "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE",
            "driver version is insufficient",
        ],
        "the driver is older than the CUDA that this program was built with: update the driver, or build with the CUDA that `nvidia-smi` \
         shows",
    ),
    (
        ABSENT,
        "there is no CUDA device: give the machine or the container a GPU (`docker run --gpus all`), or set `COG_DEVICE=cpu`",
    ),
    (
        &["CUDA_ERROR_INVALID_DEVICE"],
        "there is no device of this number: `nvidia-smi -L` lists those there are, counted from 0",
    ),
    (
        &["CUDA_ERROR_OUT_OF_MEMORY"],
        "its memory is taken: end what else uses it, or take another device with `COG_DEVICE=cuda:1`",
    ),
];

/// Tells whether nothing can be computed any more on the device that `error` or one of its causes comes from.
pub(crate) fn is_device_lost(error: &Error) -> bool {
    error.chain().filter_map(|cause| cause.downcast_ref()).any(|error| says(error, LOST))
}

/// Tells whether the error says that there is no such device.
pub(super) fn is_device_absent(error: &CandleError) -> bool {
    says(error, ABSENT)
}

/// What to do about an error of a device, where that is known.
pub(super) fn advice(error: &CandleError) -> Option<&'static str> {
    ADVICE.iter().find(|(names, _)| says(error, names)).map(|(_, advice)| *advice)
}

fn says(error: &CandleError, names: &[&str]) -> bool {
    word_of_device(error).is_some_and(|text| names.iter().any(|name| contains_name(&text, name)))
}

/// What the device said, if the error is one of a device.
fn word_of_device(error: &CandleError) -> Option<String> {
    match cause(error) {
        CandleError::Cuda(error) => Some(error.to_string()),
        CandleError::Metal(error) => Some(error.to_string()),
        // `Device::synchronize` has lost the type of the driver's error, and this is how that begins.
        CandleError::Wrapped(error) => {
            Some(error.to_string()).filter(|text| text.starts_with("DriverError("))
        }
        _ => None,
    }
}

/// What is wrong, without what was added on its way.
pub(super) fn cause(error: &CandleError) -> &CandleError {
    match error {
        CandleError::Context { inner, .. }
        | CandleError::WithPath { inner, .. }
        | CandleError::WithBacktrace { inner, .. } => cause(inner),
        CandleError::WrappedContext { wrapped, .. } => wrapped.downcast_ref().map_or(error, cause),
        error => error,
    }
}

/// Tells whether `name` is in `text`, and not only the beginning of a longer name.
fn contains_name(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(start, _)| {
        let next = text.get(start + name.len()..).and_then(|rest| rest.chars().next());
        !next.is_some_and(|next| next == '_' || next.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An error of CUDA's driver, as candle writes it.
    pub(in super::super) fn cuda(text: &str) -> CandleError {
        CandleError::Cuda(format!("DriverError({text})").into())
    }

    #[test]
    fn a_lost_device_is_known_from_one_that_goes_on() {
        for (text, is_lost) in [
            ("CUDA_ERROR_ILLEGAL_ADDRESS, \"an illegal memory access was encountered\"", true),
            ("CUDA_ERROR_LAUNCH_FAILED, \"unspecified launch failure\"", true),
            ("CUDA_ERROR_LAUNCH_TIMEOUT, \"the launch timed out and was terminated\"", true),
            ("CUDA_ERROR_ECC_UNCORRECTABLE, \"uncorrectable ECC error encountered\"", true),
            ("CUDA_ERROR_ASSERT, \"device-side assert triggered\"", true),
            ("CUDA_ERROR_UNKNOWN, \"unknown error\"", true),
            ("CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\"", false),
            ("CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, \"too many resources requested for launch\"", false),
            ("CUDA_ERROR_INVALID_VALUE, \"invalid argument\"", false),
            ("CUDA_ERROR_NOT_FOUND, \"named symbol not found\"", false),
        ] {
            assert_eq!(is_device_lost(&cuda(text).into()), is_lost, "{text}");
        }
        let cublas = CandleError::Cuda("CublasError(CUBLAS_STATUS_ALLOC_FAILED)".into());
        assert!(!is_device_lost(&cublas.into()));
    }

    #[test]
    fn it_is_known_however_deep_it_is() {
        use candle_core::Context as _;

        let lost = || cuda("CUDA_ERROR_LAUNCH_FAILED, \"unspecified launch failure\"");
        let by_candle: Result<(), CandleError> = Err(lost());
        let errors = [
            Error::new(lost()).context("cannot draw").context("step 3"),
            lost().context("layer 2").into(),
            lost().with_path("model.safetensors").into(),
            by_candle.context("layer 2").unwrap_err().into(),
            Error::new(Wrapping(lost())),
            CandleError::wrap(lost()).into(),
        ];
        for error in errors {
            assert!(is_device_lost(&error), "{error:#}");
        }
    }

    /// An author's own error.
    #[derive(Debug, thiserror::Error)]
    #[error("cannot draw")]
    struct Wrapping(#[source] CandleError);

    #[test]
    fn its_name_in_a_message_means_nothing() {
        let text = "there is no word `CUDA_ERROR_LAUNCH_FAILED` in the vocabulary";
        assert!(!is_device_lost(&Error::msg(text)));
        assert!(!is_device_lost(&CandleError::Msg(text.to_owned()).into()));
        assert!(!is_device_lost(&CandleError::wrap(text).into()));
    }

    #[test]
    fn errors_that_have_a_remedy_name_it() {
        for (text, remedy) in [
            (
                "DriverError(CUDA_ERROR_NO_BINARY_FOR_GPU, \"no kernel image is available for execution on the device\")",
                "`CUDA_COMPUTE_CAP`",
            ),
            (
                "DriverError(CUDA_ERROR_INVALID_PTX, \"a PTX JIT compilation failed\") when loading affine",
                "`CUDA_COMPUTE_CAP`",
            ),
            (
                "DriverError(CUDA_ERROR_INVALID_IMAGE, \"device kernel image is invalid\")",
                "`CUDA_COMPUTE_CAP`",
            ),
            ("invalid device function", "`CUDA_COMPUTE_CAP`"),
            (
                "DriverError(CUDA_ERROR_UNSUPPORTED_PTX_VERSION, \"the provided PTX was compiled with an unsupported toolchain.\")",
                "update the driver",
            ),
            ("CUDA driver version is insufficient for CUDA runtime version", "update the driver"),
            (
                "DriverError(CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE, \"forward compatibility was attempted on non supported HW\")",
                "update the driver",
            ),
            (
                "DriverError(CUDA_ERROR_NO_DEVICE, \"no CUDA-capable device is detected\")",
                "`docker run --gpus all`",
            ),
            ("DriverError(CUDA_ERROR_INVALID_DEVICE, \"invalid device ordinal\")", "`nvidia-smi -L`"),
            ("DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\")", "`COG_DEVICE=cuda:1`"),
        ] {
            let advice = advice(&CandleError::Cuda(text.into())).unwrap_or_default();
            assert!(advice.contains(remedy), "{text}: {advice}");
        }
        assert_eq!(advice(&cuda("CUDA_ERROR_INVALID_VALUE, \"invalid argument\"")), None);
    }
}
