//! What the model says, as far as that does not hang on the last bit of a number.
//!
//! The weights are fetched by `cargo xtask models generate`; what needs them says so where they are not there. `cargo xtask ci e2e` fetches
//! them first, and asks much of the same over HTTP.

use std::io::{Write as _, stderr};
use std::path::{Path, PathBuf};

use anyhow::Result;
use candle_core::Device;
use cog_core::{Predictor as _, Scope, Setup, Weights};
use futures::TryStreamExt as _;
use generate::predictor::Request;
use generate::sampler::Sampling;
use generate::{Generate, Model, Settings};

#[tokio::test]
async fn paris_follows_the_capital_of_france() -> Result<()> {
    let Some(model) = model().await? else { return Ok(()) };
    let logits = model.session().read(&model.tokens("The capital of France is")?, || Ok(()))?;
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by(|one, other| logits[*other].total_cmp(&logits[*one]));
    assert_eq!(order[0] as u32, model.tokens(" Paris")?[0]);
    let lead = logits[order[0]] - logits[order[1]];
    assert!(lead > 2., "{lead}");
    assert_eq!(text(&model, "The capital of France is", Settings { max_tokens: 1, ..greedy() })?, " Paris");
    Ok(())
}

#[tokio::test]
async fn a_prompt_read_in_parts_is_the_same_prompt() -> Result<()> {
    let Some(model) = model().await? else { return Ok(()) };
    // Two parts for the model, and three for us.
    let tokens = model.tokens(&"One after the other, they came in. ".repeat(8))?;
    assert_eq!(tokens.len(), 73);
    let expected = model.session().read(&tokens, || Ok(()))?;
    let mut session = model.session();
    let mut got = Vec::new();
    for part in tokens.chunks(30) {
        got = session.read(part, || Ok(()))?;
    }
    // The network rounds what goes from layer to layer to 8 bits, which makes much of the last bit of a sum.
    let dot = |one: &[f32], other: &[f32]| one.iter().zip(other).map(|(one, other)| one * other).sum::<f32>();
    let cosine = dot(&got, &expected) / (dot(&got, &got) * dot(&expected, &expected)).sqrt();
    assert!(cosine > 0.99, "{cosine}");
    Ok(())
}

#[tokio::test]
async fn tokens_are_those_the_model_was_trained_with() -> Result<()> {
    let Some(model) = model().await? else { return Ok(()) };
    // No space is put before a text, each digit is a token, and the marks of a chat are one token each.
    for (text, count) in [("Paris", 1), (" Paris", 1), ("2024", 4), ("<|im_start|>user\n", 3)] {
        let tokens = model.tokens(text)?;
        assert_eq!(tokens.len(), count, "{text}: {tokens:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_chat_has_the_form_that_the_model_was_taught() -> Result<()> {
    let Some(model) = model().await? else { return Ok(()) };
    assert_eq!(
        model.chat(Some("Be brief."), "Hello")?,
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n"
    );
    assert!(model.chat(None, "Hello")?.starts_with("<|im_start|>system\nYou are a helpful AI assistant"));
    Ok(())
}

#[tokio::test]
async fn a_seed_decides_what_is_said() -> Result<()> {
    if file().await?.is_none() {
        return Ok(());
    }
    let model = Generate::setup(&Setup::default()).await?;
    let first = say(&model, Request { seed: Some(1), ..request("Tell me a story.") }).await?;
    assert!(!first.is_empty());
    assert_eq!(say(&model, Request { seed: Some(1), ..request("Tell me a story.") }).await?, first);
    assert_ne!(say(&model, Request { seed: Some(2), ..request("Tell me a story.") }).await?, first);
    Ok(())
}

#[tokio::test]
async fn a_text_ends_before_a_stop_string() -> Result<()> {
    let Some(model) = model().await? else { return Ok(()) };
    let prompt = "1, 2, 3, 4, 5, 6,";
    let settings = |stop: &[&str]| Settings {
        max_tokens: 24,
        stop: stop.iter().map(|&stop| stop.to_owned()).collect(),
        sampling: Sampling { repeat_penalty: 1., ..greedy().sampling },
    };
    let whole = text(&model, prompt, settings(&[]))?;
    assert!(whole.starts_with(" 7, 8, 9, 10,"), "{whole}");
    // Three tokens: `,`, ` ` and `9`.
    assert_eq!(text(&model, prompt, settings(&["10", ", 9"]))?, " 7, 8");
    Ok(())
}

#[tokio::test]
async fn pieces_are_whole_characters() -> Result<()> {
    let Some(model) = model().await? else { return Ok(()) };
    let settings = Settings {
        max_tokens: 16,
        sampling: Sampling { repeat_penalty: 1., ..greedy().sampling },
        ..greedy()
    };
    let pieces: Vec<String> =
        model.generate("🎉🎉🎉🎉🎉🎉🎉🎉", settings, Scope::none())?.collect::<Result<_>>()?;
    let text = pieces.concat();
    // Each of these is several tokens.
    assert!(text.chars().any(|letter| letter.len_utf8() == 4), "{pieces:?}");
    assert!(!text.contains('\u{fffd}'), "{pieces:?}");
    Ok(())
}

#[tokio::test]
async fn a_prompt_that_is_too_long_is_refused() -> Result<()> {
    let Some(model) = model().await? else { return Ok(()) };
    let error = model.generate(&"word ".repeat(5000), Settings::default(), Scope::none()).err().unwrap();
    assert_eq!(
        error.to_string(),
        "the prompt has 5001 tokens, and the model takes 4096 together with those that it adds; send a shorter one"
    );
    Ok(())
}

#[tokio::test]
async fn weights_that_are_not_there_or_of_something_else_are_refused() -> Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (path, expected) in [
        ("nowhere", "run `cargo xtask models generate`, or set `COG_WEIGHTS`"),
        ("src", "it is a directory"),
        ("Cargo.toml", "it is no GGUF file"),
    ] {
        let setup = Setup::new(Some(Weights::Path(here.join(path))));
        let error = Generate::setup(&setup).await.err().unwrap();
        assert!(format!("{error:#}").contains(expected), "{path}: {error:#}");
    }
    Ok(())
}

/// The file of the weights. Tells whoever watches if it is not there.
async fn file() -> Result<Option<PathBuf>> {
    let file = Generate::file(&Setup::default()).await.ok();
    if file.is_none() {
        // Past the capture of what tests print, which hides it of those that pass.
        writeln!(
            stderr(),
            "generate: no weights here, so this is left to `cargo xtask ci e2e`; `cargo xtask models generate` fetches them"
        )?;
    }
    Ok(file)
}

async fn model() -> Result<Option<Model>> {
    file().await?.map(|file| Model::load(&file, &Device::Cpu)).transpose()
}

fn greedy() -> Settings {
    Settings { sampling: Sampling { temperature: 0., ..Sampling::default() }, ..Settings::default() }
}

fn text(model: &Model, prompt: &str, settings: Settings) -> Result<String> {
    model.generate(prompt, settings, Scope::none())?.collect()
}

fn request(prompt: &str) -> Request {
    Request {
        prompt: prompt.to_owned(),
        system_prompt: None,
        chat: true,
        max_tokens: 16,
        temperature: 0.9,
        top_p: 0.95,
        top_k: Some(50),
        repeat_penalty: 1.1,
        stop: Vec::new(),
        seed: None,
    }
}

async fn say(model: &Generate, request: Request) -> Result<String> {
    model.predict(request, Scope::none()).await?.into_inner().try_collect().await
}
