const _: () = {
    #[automatically_derived]
    impl ::cog_core::InputValue for Prompt {
        fn schema() -> ::cog_core::Schema {
            ::cog_core::Schema::object(
                ::std::vec::Vec::from([
                    ::cog_core::schema::Field::new(
                            "prompt",
                            <String as ::cog_core::InputValue>::schema(),
                        )
                        .description(
                            "Text to continue, which may be long.\n\nIt is never shortened.",
                        ),
                    ::cog_core::schema::Field::new(
                        "seed",
                        <Option<u64> as ::cog_core::InputValue>::schema(),
                    ),
                    ::cog_core::schema::Field::new(
                            "stop",
                            <Vec<String> as ::cog_core::InputValue>::schema(),
                        )
                        .description("Where to stop.")
                        .deprecated(),
                    ::cog_core::schema::Field::new(
                        "type",
                        <serde_json::Value as ::cog_core::InputValue>::schema(),
                    ),
                ]),
            )
        }
        fn decode(
            value: &mut ::cog_core::Value,
            at: &::cog_core::FieldPath<'_>,
        ) -> ::core::result::Result<Self, ::cog_core::DecodeError> {
            let mut object = ::cog_core::__private::ObjectDecoder::new(value, at)?;
            ::core::result::Result::Ok(Self {
                prompt: ::cog_core::__private::ObjectDecoder::field(
                    &mut object,
                    "prompt",
                    <String as ::cog_core::InputValue>::decode,
                    <String as ::cog_core::InputValue>::absent,
                )?,
                seed: ::cog_core::__private::ObjectDecoder::field(
                    &mut object,
                    "seed",
                    <Option<u64> as ::cog_core::InputValue>::decode,
                    <Option<u64> as ::cog_core::InputValue>::absent,
                )?,
                stop: ::cog_core::__private::ObjectDecoder::field(
                    &mut object,
                    "stop",
                    <Vec<String> as ::cog_core::InputValue>::decode,
                    <Vec<String> as ::cog_core::InputValue>::absent,
                )?,
                r#type: ::cog_core::__private::ObjectDecoder::field(
                    &mut object,
                    "type",
                    <serde_json::Value as ::cog_core::InputValue>::decode,
                    <serde_json::Value as ::cog_core::InputValue>::absent,
                )?,
            })
        }
        fn visit_files(
            &mut self,
            at: &::cog_core::FieldPath<'_>,
            visit: &mut ::cog_core::__private::FileVisitor<'_>,
        ) -> ::core::result::Result<(), ::cog_core::DecodeError> {
            <serde_json::Value as ::cog_core::InputValue>::visit_files(
                &mut self.r#type,
                &at.field("type"),
                visit,
            )?;
            ::core::result::Result::Ok(())
        }
    }
    #[automatically_derived]
    impl ::cog_core::Input for Prompt {}
};
