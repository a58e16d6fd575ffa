const _: () = {
    #[automatically_derived]
    impl ::cog_core::InputValue for Size {
        fn schema() -> ::cog_core::Schema {
            ::cog_core::Schema::choices(<Self as ::cog_core::Choices>::choices())
        }
        fn decode(
            value: &mut ::cog_core::Value,
            at: &::cog_core::FieldPath<'_>,
        ) -> ::core::result::Result<Self, ::cog_core::DecodeError> {
            match ::cog_core::__private::whole_number(value) {
                ::core::option::Option::Some(-1i128) => {
                    ::core::result::Result::Ok(Self::Any)
                }
                ::core::option::Option::Some(256i128) => {
                    ::core::result::Result::Ok(Self::Small)
                }
                ::core::option::Option::Some(18446744073709551615i128) => {
                    ::core::result::Result::Ok(Self::Huge)
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
    impl ::cog_core::Choices for Size {
        fn choices() -> ::std::vec::Vec<::cog_core::Value> {
            ::std::vec::Vec::from([
                ::cog_core::Value::from(-1i64),
                ::cog_core::Value::from(256i64),
                ::cog_core::Value::from(18446744073709551615u64),
            ])
        }
    }
    #[automatically_derived]
    impl ::cog_core::OutputValue for Size {
        fn schema() -> ::cog_core::Schema {
            <Self as ::cog_core::InputValue>::schema()
        }
        fn encode(
            self,
            encoder: &mut ::cog_core::Encoder,
        ) -> ::core::result::Result<(), ::cog_core::EncodeError> {
            match self {
                Self::Any => encoder.serialize(&-1i64),
                Self::Small => encoder.serialize(&256i64),
                Self::Huge => encoder.serialize(&18446744073709551615u64),
            }
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<Size> for ::cog_core::Value {
        fn from(choice: Size) -> Self {
            match choice {
                Size::Any => Self::from(-1i64),
                Size::Small => Self::from(256i64),
                Size::Huge => Self::from(18446744073709551615u64),
            }
        }
    }
};
