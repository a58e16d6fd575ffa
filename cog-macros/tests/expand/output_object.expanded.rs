const _: () = {
    #[automatically_derived]
    impl<T: OutputValue> ::cog_core::OutputValue for Report<T> {
        fn schema() -> ::cog_core::Schema {
            ::cog_core::Schema::object(
                ::std::vec::Vec::from([
                    ::cog_core::schema::Field::new(
                            "text",
                            <String as ::cog_core::OutputValue>::schema(),
                        )
                        .description("What was read."),
                    ::cog_core::schema::Field::new(
                        "best",
                        <T as ::cog_core::OutputValue>::schema(),
                    ),
                    ::cog_core::schema::Field::new(
                            "all-of-them",
                            <Vec<T> as ::cog_core::OutputValue>::schema(),
                        )
                        .description("In order.")
                        .deprecated(),
                    ::cog_core::schema::Field::new(
                        "label",
                        <&'static str as ::cog_core::OutputValue>::schema(),
                    ),
                ]),
            )
        }
        fn encode(
            self,
            encoder: &mut ::cog_core::Encoder,
        ) -> ::core::result::Result<(), ::cog_core::EncodeError> {
            encoder
                .object(|members| {
                    members
                        .member(
                            "all-of-them",
                            ::cog_core::__private::Member(
                                self.all,
                                <Vec<T> as ::cog_core::OutputValue>::encode,
                            ),
                        )?;
                    members
                        .member(
                            "best",
                            ::cog_core::__private::Member(
                                self.best,
                                <T as ::cog_core::OutputValue>::encode,
                            ),
                        )?;
                    members
                        .member(
                            "label",
                            ::cog_core::__private::Member(
                                self.label,
                                <&'static str as ::cog_core::OutputValue>::encode,
                            ),
                        )?;
                    members
                        .member(
                            "text",
                            ::cog_core::__private::Member(
                                self.text,
                                <String as ::cog_core::OutputValue>::encode,
                            ),
                        )?;
                    ::core::result::Result::Ok(())
                })
        }
    }
};
