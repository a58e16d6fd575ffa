const _: () = {
    fn __cog_default_sampler() -> ::cog_core::Value {
        ::cog_core::__private::default_value(Sampler::Greedy)
    }
    fn __cog_default_size() -> ::cog_core::Value {
        ::cog_core::__private::default_value(json!({ "width" : 1 }))
    }
    #[automatically_derived]
    impl ::cog_core::InputValue for Settings {
        fn schema() -> ::cog_core::Schema {
            ::cog_core::__private::assert_optional::<MaybeSize>();
            ::cog_core::Schema::object(
                ::std::vec::Vec::from([
                    ::cog_core::schema::Field::new(
                            "whole",
                            <i64 as ::cog_core::InputValue>::schema(),
                        )
                        .default_value(::cog_core::Value::from(7i64)),
                    ::cog_core::schema::Field::new(
                            "float",
                            <f32 as ::cog_core::InputValue>::schema(),
                        )
                        .default_value(::cog_core::Value::from(-1.5f64)),
                    ::cog_core::schema::Field::new(
                            "one",
                            <f64 as ::cog_core::InputValue>::schema(),
                        )
                        .default_value(::cog_core::Value::from(1i64)),
                    ::cog_core::schema::Field::new(
                            "flag",
                            <bool as ::cog_core::InputValue>::schema(),
                        )
                        .default_value(::cog_core::Value::Bool(true)),
                    ::cog_core::schema::Field::new(
                            "text",
                            <String as ::cog_core::InputValue>::schema(),
                        )
                        .default_value(::cog_core::Value::from("a \"b\"")),
                    ::cog_core::schema::Field::new(
                            "optional",
                            <Option<u8> as ::cog_core::InputValue>::schema(),
                        )
                        .default_value(::cog_core::Value::Null),
                    ::cog_core::schema::Field::new(
                            "lists",
                            <Vec<Vec<i32>> as ::cog_core::InputValue>::schema(),
                        )
                        .default_value(
                            ::cog_core::Value::Array(
                                ::std::vec::Vec::from([
                                    ::cog_core::Value::Array(
                                        ::std::vec::Vec::from([::cog_core::Value::from(1i64)]),
                                    ),
                                    ::cog_core::Value::Array(::std::vec::Vec::from([])),
                                ]),
                            ),
                        ),
                    ::cog_core::schema::Field::new(
                            "list",
                            <Vec<String> as ::cog_core::InputValue>::schema(),
                        )
                        .default_value(
                            ::cog_core::Value::Array(
                                ::std::vec::Vec::from([::cog_core::Value::from("a")]),
                            ),
                        ),
                    ::cog_core::schema::Field::new(
                            "sampler",
                            <Sampler as ::cog_core::InputValue>::schema(),
                        )
                        .default_value(__cog_default_sampler()),
                    ::cog_core::schema::Field::new(
                            "size",
                            <Size as ::cog_core::InputValue>::schema(),
                        )
                        .default_value(__cog_default_size()),
                    ::cog_core::schema::Field::new(
                            "aliased",
                            <MaybeSize as ::cog_core::InputValue>::schema(),
                        )
                        .default_value(::cog_core::Value::Null),
                ]),
            )
        }
        fn decode(
            value: &mut ::cog_core::Value,
            at: &::cog_core::FieldPath<'_>,
        ) -> ::core::result::Result<Self, ::cog_core::DecodeError> {
            let mut object = ::cog_core::__private::ObjectDecoder::new(value, at)?;
            ::core::result::Result::Ok(Self {
                whole: ::cog_core::__private::ObjectDecoder::field_or(
                    &mut object,
                    "whole",
                    <i64 as ::cog_core::InputValue>::decode,
                    <i64 as ::cog_core::InputValue>::absent,
                    || ::cog_core::Value::from(7i64),
                )?,
                float: ::cog_core::__private::ObjectDecoder::field_or(
                    &mut object,
                    "float",
                    <f32 as ::cog_core::InputValue>::decode,
                    <f32 as ::cog_core::InputValue>::absent,
                    || ::cog_core::Value::from(-1.5f64),
                )?,
                one: ::cog_core::__private::ObjectDecoder::field_or(
                    &mut object,
                    "one",
                    <f64 as ::cog_core::InputValue>::decode,
                    <f64 as ::cog_core::InputValue>::absent,
                    || ::cog_core::Value::from(1i64),
                )?,
                flag: ::cog_core::__private::ObjectDecoder::field_or(
                    &mut object,
                    "flag",
                    <bool as ::cog_core::InputValue>::decode,
                    <bool as ::cog_core::InputValue>::absent,
                    || ::cog_core::Value::Bool(true),
                )?,
                text: ::cog_core::__private::ObjectDecoder::field_or(
                    &mut object,
                    "text",
                    <String as ::cog_core::InputValue>::decode,
                    <String as ::cog_core::InputValue>::absent,
                    || ::cog_core::Value::from("a \"b\""),
                )?,
                optional: ::cog_core::__private::ObjectDecoder::field_or(
                    &mut object,
                    "optional",
                    <Option<u8> as ::cog_core::InputValue>::decode,
                    <Option<u8> as ::cog_core::InputValue>::absent,
                    || ::cog_core::Value::Null,
                )?,
                lists: ::cog_core::__private::ObjectDecoder::field_or(
                    &mut object,
                    "lists",
                    <Vec<Vec<i32>> as ::cog_core::InputValue>::decode,
                    <Vec<Vec<i32>> as ::cog_core::InputValue>::absent,
                    || ::cog_core::Value::Array(
                        ::std::vec::Vec::from([
                            ::cog_core::Value::Array(
                                ::std::vec::Vec::from([::cog_core::Value::from(1i64)]),
                            ),
                            ::cog_core::Value::Array(::std::vec::Vec::from([])),
                        ]),
                    ),
                )?,
                list: ::cog_core::__private::ObjectDecoder::field_or(
                    &mut object,
                    "list",
                    <Vec<String> as ::cog_core::InputValue>::decode,
                    <Vec<String> as ::cog_core::InputValue>::absent,
                    || ::cog_core::Value::Array(
                        ::std::vec::Vec::from([::cog_core::Value::from("a")]),
                    ),
                )?,
                sampler: ::cog_core::__private::ObjectDecoder::field_or(
                    &mut object,
                    "sampler",
                    <Sampler as ::cog_core::InputValue>::decode,
                    <Sampler as ::cog_core::InputValue>::absent,
                    __cog_default_sampler,
                )?,
                size: ::cog_core::__private::ObjectDecoder::field_or(
                    &mut object,
                    "size",
                    <Size as ::cog_core::InputValue>::decode,
                    <Size as ::cog_core::InputValue>::absent,
                    __cog_default_size,
                )?,
                aliased: ::cog_core::__private::ObjectDecoder::field_or(
                    &mut object,
                    "aliased",
                    <MaybeSize as ::cog_core::InputValue>::decode,
                    <MaybeSize as ::cog_core::InputValue>::absent,
                    || ::cog_core::Value::Null,
                )?,
            })
        }
        fn visit_files(
            &mut self,
            at: &::cog_core::FieldPath<'_>,
            visit: &mut ::cog_core::__private::FileVisitor<'_>,
        ) -> ::core::result::Result<(), ::cog_core::DecodeError> {
            <Sampler as ::cog_core::InputValue>::visit_files(
                &mut self.sampler,
                &at.field("sampler"),
                visit,
            )?;
            <Size as ::cog_core::InputValue>::visit_files(
                &mut self.size,
                &at.field("size"),
                visit,
            )?;
            <MaybeSize as ::cog_core::InputValue>::visit_files(
                &mut self.aliased,
                &at.field("aliased"),
                visit,
            )?;
            ::core::result::Result::Ok(())
        }
    }
    #[automatically_derived]
    impl ::cog_core::Input for Settings {}
};
