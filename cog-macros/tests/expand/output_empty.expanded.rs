const _: () = {
    #[automatically_derived]
    impl ::cog_core::OutputValue for Nothing {
        fn schema() -> ::cog_core::Schema {
            ::cog_core::Schema::object(::std::vec::Vec::from([]))
        }
        fn encode(
            self,
            encoder: &mut ::cog_core::Encoder,
        ) -> ::core::result::Result<(), ::cog_core::EncodeError> {
            encoder.object(|_| { ::core::result::Result::Ok(()) })
        }
    }
};
