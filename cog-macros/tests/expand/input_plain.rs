/// Continue a text.
#[derive(Input)]
pub struct Prompt {
    /// Text to continue, which
    /// may be long.
    ///
    /// It is never shortened.
    prompt: String,
    seed: Option<u64>,
    #[input(description = "Where to stop.", deprecated)]
    /// Not published.
    stop: Vec<String>,
    r#type: serde_json::Value,
}
