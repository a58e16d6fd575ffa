const _: () = {
    #[automatically_derived]
    impl<T: InputValue, U> ::cog_core::InputValue for Tagged<T, U>
    where
        U: Choices,
    {
        fn schema() -> ::cog_core::Schema {
            ::cog_core::Schema::object(
                ::std::vec::Vec::from([
                    ::cog_core::schema::Field::new(
                        "the-tag",
                        <T as ::cog_core::InputValue>::schema(),
                    ),
                    ::cog_core::schema::Field::new(
                        "values",
                        <Vec<U> as ::cog_core::InputValue>::schema(),
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
                tag: ::cog_core::__private::ObjectDecoder::field(
                    &mut object,
                    "the-tag",
                    <T as ::cog_core::InputValue>::decode,
                    <T as ::cog_core::InputValue>::absent,
                )?,
                values: ::cog_core::__private::ObjectDecoder::field(
                    &mut object,
                    "values",
                    <Vec<U> as ::cog_core::InputValue>::decode,
                    <Vec<U> as ::cog_core::InputValue>::absent,
                )?,
            })
        }
        fn visit_files(
            &mut self,
            at: &::cog_core::FieldPath<'_>,
            visit: &mut ::cog_core::__private::FileVisitor<'_>,
        ) -> ::core::result::Result<(), ::cog_core::DecodeError> {
            <T as ::cog_core::InputValue>::visit_files(
                &mut self.tag,
                &at.field("the-tag"),
                visit,
            )?;
            <Vec<
                U,
            > as ::cog_core::InputValue>::visit_files(
                &mut self.values,
                &at.field("values"),
                visit,
            )?;
            ::core::result::Result::Ok(())
        }
    }
    #[automatically_derived]
    impl<T: InputValue, U> ::cog_core::Input for Tagged<T, U>
    where
        U: Choices,
    {}
};
