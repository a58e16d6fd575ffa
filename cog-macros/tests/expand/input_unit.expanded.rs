const _: () = {
    #[automatically_derived]
    impl ::cog_core::InputValue for NoInputs {
        fn schema() -> ::cog_core::Schema {
            ::cog_core::Schema::object(::std::vec::Vec::from([]))
        }
        fn decode(
            value: &mut ::cog_core::Value,
            at: &::cog_core::FieldPath<'_>,
        ) -> ::core::result::Result<Self, ::cog_core::DecodeError> {
            let _ = ::cog_core::__private::ObjectDecoder::new(value, at)?;
            ::core::result::Result::Ok(Self {})
        }
    }
    #[automatically_derived]
    impl ::cog_core::Input for NoInputs {}
};
