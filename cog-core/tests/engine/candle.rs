//! Models on candle: where they run, and what errors of their device come to.

use candle_core::{Error as CandleError, Tensor};
use cog_core::{
    Choices, DevicePreference, Engine, EngineConfig, Input, Phase, Predictor, Rejection, Request, Result,
    Scope, Setup, Status, anyhow::Context as _, candle, json,
};

use crate::support::soon;

#[derive(Choices, Clone, Copy)]
enum Act {
    Compute,
    RunOutOfMemory,
    LoseDevice,
    Echo,
}

#[derive(Input)]
struct Order {
    act: Act,
}

struct Model(candle_core::Device);

impl Predictor for Model {
    type Input = Order;
    type Output = f32;

    async fn setup(setup: &Setup) -> Result<Self> {
        Ok(Self(candle::device(setup)?))
    }

    async fn predict(&self, Order { act }: Order, _: Scope) -> Result<f32> {
        // As CUDA's driver says it and candle hands it on.
        let cuda = |text: &str| Err::<f32, _>(CandleError::Cuda(text.into()));
        match act {
            Act::Compute => Ok(Tensor::new(&[1f32, 2.], &self.0)?.sum_all()?.to_scalar()?),
            Act::RunOutOfMemory => Ok(cuda(r#"DriverError(CUDA_ERROR_OUT_OF_MEMORY, "out of memory")"#)?),
            Act::LoseDevice => cuda(r#"DriverError(CUDA_ERROR_LAUNCH_FAILED, "unspecified launch failure")"#)
                .context("cannot add"),
            Act::Echo => {
                Err(CandleError::Msg("no `CUDA_ERROR_LAUNCH_FAILED` in the vocabulary".to_owned()).into())
            }
        }
    }
}

async fn start(device: DevicePreference) -> Engine {
    let engine = Engine::start::<Model>(EngineConfig { device, ..EngineConfig::default() }).unwrap();
    let _ = soon(engine.ready()).await;
    engine
}

fn order(act: &str) -> Request {
    Request::new(json!({ "act": act }))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_device_and_why_it_was_chosen_are_in_the_logs_of_the_setup() {
    for (device, expected) in [
        (DevicePreference::Cpu, "using the CPU, as `cpu` was asked for\n"),
        (DevicePreference::Auto, "using the CPU, as "),
    ] {
        let engine = start(device).await;
        let logs = engine.setup().logs;
        assert!(logs.starts_with(expected), "{device}: {logs}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_cannot_be_had_ends_the_setup_and_says_what_to_do() {
    let engine = start(DevicePreference::Cuda(7)).await;
    let Phase::SetupFailed(reason) = engine.phase() else { panic!("{:?}", engine.phase()) };
    assert!(reason.starts_with("cannot use CUDA device 7: "), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn running_out_of_memory_fails_one_prediction_and_losing_the_device_ends_the_model() {
    let engine = start(DevicePreference::Cpu).await;
    for act in ["run_out_of_memory", "echo"] {
        let failed = soon(engine.submit(order(act)).unwrap().completed()).await;
        assert_eq!(failed.status(), Status::Failed, "{act}");
        let next = soon(engine.submit(order("compute")).unwrap().completed()).await;
        assert_eq!((next.status(), next.output_json().as_deref()), (Status::Succeeded, Some("3.0")), "{act}");
    }
    let lost = soon(engine.submit(order("lose_device")).unwrap().completed()).await;
    let reason = r#"cannot add: DriverError(CUDA_ERROR_LAUNCH_FAILED, "unspecified launch failure")"#;
    assert_eq!((lost.status(), lost.error()), (Status::Failed, Some(reason)));
    assert_eq!(engine.phase(), Phase::Defunct(reason.into()));
    assert_eq!(engine.submit(order("compute")).unwrap_err(), Rejection::Defunct(reason.into()));
}
