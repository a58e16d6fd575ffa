::core::compile_error! {
    "`derive(Input)` is for structs: write `struct Wrong`"
}
const _: () = {
    #[automatically_derived]
    impl<'a, T: Copy> ::cog_core::InputValue for Wrong<'a, T>
    where
        Self: 'static,
    {
        fn schema() -> ::cog_core::Schema {
            ::core::unreachable!()
        }
        fn decode(
            _: &mut ::cog_core::Value,
            _: &::cog_core::FieldPath<'_>,
        ) -> ::core::result::Result<Self, ::cog_core::DecodeError> {
            ::core::unreachable!()
        }
    }
    #[automatically_derived]
    impl<'a, T: Copy> ::cog_core::Input for Wrong<'a, T>
    where
        Self: 'static,
    {}
};
::core::compile_error! {
    "`derive(Output)` is for structs: write `struct Wrong`"
}
const _: () = {
    #[automatically_derived]
    impl<'a, T: Copy> ::cog_core::OutputValue for Wrong<'a, T>
    where
        Self: 'static,
    {
        fn schema() -> ::cog_core::Schema {
            ::core::unreachable!()
        }
        fn encode(
            self,
            _: &mut ::cog_core::Encoder,
        ) -> ::core::result::Result<(), ::cog_core::EncodeError> {
            ::core::unreachable!()
        }
    }
};
::core::compile_error! {
    "`derive(Choices)` is for enums: write `enum Wrong`"
}
const _: () = {
    #[automatically_derived]
    impl<'a, T: Copy> ::cog_core::InputValue for Wrong<'a, T>
    where
        Self: 'static,
    {
        fn schema() -> ::cog_core::Schema {
            ::core::unreachable!()
        }
        fn decode(
            _: &mut ::cog_core::Value,
            _: &::cog_core::FieldPath<'_>,
        ) -> ::core::result::Result<Self, ::cog_core::DecodeError> {
            ::core::unreachable!()
        }
    }
    #[automatically_derived]
    impl<'a, T: Copy> ::cog_core::OutputValue for Wrong<'a, T>
    where
        Self: 'static,
    {
        fn schema() -> ::cog_core::Schema {
            ::core::unreachable!()
        }
        fn encode(
            self,
            _: &mut ::cog_core::Encoder,
        ) -> ::core::result::Result<(), ::cog_core::EncodeError> {
            ::core::unreachable!()
        }
    }
    #[automatically_derived]
    impl<'a, T: Copy> ::cog_core::Choices for Wrong<'a, T>
    where
        Self: 'static,
    {
        fn choices() -> ::std::vec::Vec<::cog_core::Value> {
            ::core::unreachable!()
        }
    }
    #[automatically_derived]
    impl<'a, T: Copy> ::core::convert::From<Wrong<'a, T>> for ::cog_core::Value {
        fn from(_: Wrong<'a, T>) -> Self {
            ::core::unreachable!()
        }
    }
};
