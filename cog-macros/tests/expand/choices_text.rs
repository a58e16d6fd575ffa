#[derive(Choices)]
#[choices(rename_all = "kebab-case")]
pub enum Sampler {
    Greedy,
    #[choice("top_p")]
    TopP,
    DPMSolver2,
}
