const _: () = {
    #[automatically_derived]
    impl ::cog_core::InputValue for Settings {
        fn schema() -> ::cog_core::Schema {
            ::cog_core::__private::assert_ordered::<Weight>();
            ::cog_core::__private::assert_text::<Name>();
            ::cog_core::__private::assert_choosable::<
                Weight,
                ::cog_core::__private::Wholes,
            >();
            ::cog_core::__private::assert_choosable::<
                Weight,
                ::cog_core::__private::Fractions,
            >();
            ::cog_core::__private::assert_choosable::<
                Name,
                ::cog_core::__private::Texts,
            >();
            ::cog_core::Schema::object(
                ::std::vec::Vec::from([
                    ::cog_core::schema::Field::new(
                            "whole",
                            <u32 as ::cog_core::InputValue>::schema(),
                        )
                        .constrain(
                            ::cog_core::schema::Constraint::Minimum(
                                ::cog_core::__private::number(1i64),
                            ),
                        )
                        .constrain(
                            ::cog_core::schema::Constraint::Maximum(
                                ::cog_core::__private::number(10i64),
                            ),
                        ),
                    ::cog_core::schema::Field::new(
                            "float",
                            <f64 as ::cog_core::InputValue>::schema(),
                        )
                        .constrain(
                            ::cog_core::schema::Constraint::Minimum(
                                ::cog_core::__private::number(-0.5f64),
                            ),
                        )
                        .constrain(
                            ::cog_core::schema::Constraint::Maximum(
                                ::cog_core::__private::number(2i64),
                            ),
                        ),
                    ::cog_core::schema::Field::new(
                            "text",
                            <Option<String> as ::cog_core::InputValue>::schema(),
                        )
                        .constrain(::cog_core::schema::Constraint::MinLength(2u64))
                        .constrain(::cog_core::schema::Constraint::MaxLength(9u64))
                        .constrain(
                            ::cog_core::schema::Constraint::Pattern(r"^[a-z]{3}$"),
                        ),
                    ::cog_core::schema::Field::new(
                            "format",
                            <String as ::cog_core::InputValue>::schema(),
                        )
                        .constrain(
                            ::cog_core::schema::Constraint::Choices(
                                ::std::vec::Vec::from([
                                    ::cog_core::Value::from("png"),
                                    ::cog_core::Value::from("webp"),
                                ]),
                            ),
                        ),
                    ::cog_core::schema::Field::new(
                            "ratio",
                            <f64 as ::cog_core::InputValue>::schema(),
                        )
                        .constrain(
                            ::cog_core::schema::Constraint::Choices(
                                ::std::vec::Vec::from([
                                    ::cog_core::Value::from(0.5f64),
                                    ::cog_core::Value::from(1i64),
                                    ::cog_core::Value::from(18446744073709551615u64),
                                ]),
                            ),
                        ),
                    ::cog_core::schema::Field::new(
                            "aliased",
                            <Weight as ::cog_core::InputValue>::schema(),
                        )
                        .constrain(
                            ::cog_core::schema::Constraint::Minimum(
                                ::cog_core::__private::number(0i64),
                            ),
                        )
                        .constrain(
                            ::cog_core::schema::Constraint::Maximum(
                                ::cog_core::__private::number(1i64),
                            ),
                        ),
                    ::cog_core::schema::Field::new(
                            "aliased_text",
                            <Name as ::cog_core::InputValue>::schema(),
                        )
                        .constrain(::cog_core::schema::Constraint::MinLength(1u64)),
                    ::cog_core::schema::Field::new(
                            "aliased_choice",
                            <Weight as ::cog_core::InputValue>::schema(),
                        )
                        .constrain(
                            ::cog_core::schema::Constraint::Choices(
                                ::std::vec::Vec::from([
                                    ::cog_core::Value::from(1i64),
                                    ::cog_core::Value::from(2i64),
                                ]),
                            ),
                        ),
                    ::cog_core::schema::Field::new(
                            "aliased_fraction",
                            <Weight as ::cog_core::InputValue>::schema(),
                        )
                        .constrain(
                            ::cog_core::schema::Constraint::Choices(
                                ::std::vec::Vec::from([
                                    ::cog_core::Value::from(1i64),
                                    ::cog_core::Value::from(2.5f64),
                                ]),
                            ),
                        ),
                    ::cog_core::schema::Field::new(
                            "aliased_text_choice",
                            <Name as ::cog_core::InputValue>::schema(),
                        )
                        .constrain(
                            ::cog_core::schema::Constraint::Choices(
                                ::std::vec::Vec::from([::cog_core::Value::from("a")]),
                            ),
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
                whole: ::cog_core::__private::ObjectDecoder::field(
                    &mut object,
                    "whole",
                    <u32 as ::cog_core::InputValue>::decode,
                    <u32 as ::cog_core::InputValue>::absent,
                )?,
                float: ::cog_core::__private::ObjectDecoder::field(
                    &mut object,
                    "float",
                    <f64 as ::cog_core::InputValue>::decode,
                    <f64 as ::cog_core::InputValue>::absent,
                )?,
                text: ::cog_core::__private::ObjectDecoder::field(
                    &mut object,
                    "text",
                    <Option<String> as ::cog_core::InputValue>::decode,
                    <Option<String> as ::cog_core::InputValue>::absent,
                )?,
                format: ::cog_core::__private::ObjectDecoder::field(
                    &mut object,
                    "format",
                    <String as ::cog_core::InputValue>::decode,
                    <String as ::cog_core::InputValue>::absent,
                )?,
                ratio: ::cog_core::__private::ObjectDecoder::field(
                    &mut object,
                    "ratio",
                    <f64 as ::cog_core::InputValue>::decode,
                    <f64 as ::cog_core::InputValue>::absent,
                )?,
                aliased: ::cog_core::__private::ObjectDecoder::field(
                    &mut object,
                    "aliased",
                    <Weight as ::cog_core::InputValue>::decode,
                    <Weight as ::cog_core::InputValue>::absent,
                )?,
                aliased_text: ::cog_core::__private::ObjectDecoder::field(
                    &mut object,
                    "aliased_text",
                    <Name as ::cog_core::InputValue>::decode,
                    <Name as ::cog_core::InputValue>::absent,
                )?,
                aliased_choice: ::cog_core::__private::ObjectDecoder::field(
                    &mut object,
                    "aliased_choice",
                    <Weight as ::cog_core::InputValue>::decode,
                    <Weight as ::cog_core::InputValue>::absent,
                )?,
                aliased_fraction: ::cog_core::__private::ObjectDecoder::field(
                    &mut object,
                    "aliased_fraction",
                    <Weight as ::cog_core::InputValue>::decode,
                    <Weight as ::cog_core::InputValue>::absent,
                )?,
                aliased_text_choice: ::cog_core::__private::ObjectDecoder::field(
                    &mut object,
                    "aliased_text_choice",
                    <Name as ::cog_core::InputValue>::decode,
                    <Name as ::cog_core::InputValue>::absent,
                )?,
            })
        }
        fn visit_files(
            &mut self,
            at: &::cog_core::FieldPath<'_>,
            visit: &mut ::cog_core::__private::FileVisitor<'_>,
        ) -> ::core::result::Result<(), ::cog_core::DecodeError> {
            <Weight as ::cog_core::InputValue>::visit_files(
                &mut self.aliased,
                &at.field("aliased"),
                visit,
            )?;
            <Name as ::cog_core::InputValue>::visit_files(
                &mut self.aliased_text,
                &at.field("aliased_text"),
                visit,
            )?;
            <Weight as ::cog_core::InputValue>::visit_files(
                &mut self.aliased_choice,
                &at.field("aliased_choice"),
                visit,
            )?;
            <Weight as ::cog_core::InputValue>::visit_files(
                &mut self.aliased_fraction,
                &at.field("aliased_fraction"),
                visit,
            )?;
            <Name as ::cog_core::InputValue>::visit_files(
                &mut self.aliased_text_choice,
                &at.field("aliased_text_choice"),
                visit,
            )?;
            ::core::result::Result::Ok(())
        }
    }
    #[automatically_derived]
    impl ::cog_core::Input for Settings {}
};
