const _: () = {
    #[automatically_derived]
    impl ::cog_core::InputValue for Sampler {
        fn schema() -> ::cog_core::Schema {
            ::cog_core::Schema::choices(<Self as ::cog_core::Choices>::choices())
        }
        fn decode(
            value: &mut ::cog_core::Value,
            at: &::cog_core::FieldPath<'_>,
        ) -> ::core::result::Result<Self, ::cog_core::DecodeError> {
            match ::cog_core::Value::as_str(value) {
                ::core::option::Option::Some("greedy") => {
                    ::core::result::Result::Ok(Self::Greedy)
                }
                ::core::option::Option::Some("top_p") => {
                    ::core::result::Result::Ok(Self::TopP)
                }
                ::core::option::Option::Some("dpm-solver2") => {
                    ::core::result::Result::Ok(Self::DPMSolver2)
                }
                _ => {
                    ::core::result::Result::Err(
                        ::cog_core::DecodeError::new(at, "not one of the choices"),
                    )
                }
            }
        }
    }
    #[automatically_derived]
    impl ::cog_core::Choices for Sampler {
        fn choices() -> ::std::vec::Vec<::cog_core::Value> {
            ::std::vec::Vec::from([
                ::cog_core::Value::from("greedy"),
                ::cog_core::Value::from("top_p"),
                ::cog_core::Value::from("dpm-solver2"),
            ])
        }
    }
    #[automatically_derived]
    impl ::cog_core::OutputValue for Sampler {
        fn schema() -> ::cog_core::Schema {
            <Self as ::cog_core::InputValue>::schema()
        }
        fn encode(
            self,
            encoder: &mut ::cog_core::Encoder,
        ) -> ::core::result::Result<(), ::cog_core::EncodeError> {
            match self {
                Self::Greedy => encoder.serialize(&"greedy"),
                Self::TopP => encoder.serialize(&"top_p"),
                Self::DPMSolver2 => encoder.serialize(&"dpm-solver2"),
            }
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<Sampler> for ::cog_core::Value {
        fn from(choice: Sampler) -> Self {
            match choice {
                Sampler::Greedy => Self::from("greedy"),
                Sampler::TopP => Self::from("top_p"),
                Sampler::DPMSolver2 => Self::from("dpm-solver2"),
            }
        }
    }
};
