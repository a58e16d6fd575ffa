const _: () = {
    #[automatically_derived]
    impl ::cog_core::InputValue for Edit {
        fn schema() -> ::cog_core::Schema {
            ::cog_core::Schema::object(
                ::std::vec::Vec::from([
                    ::cog_core::schema::Field::new(
                        "image",
                        <Path as ::cog_core::InputValue>::schema(),
                    ),
                    ::cog_core::schema::Field::new(
                        "masks",
                        <Option<Vec<cog_core::Path>> as ::cog_core::InputValue>::schema(),
                    ),
                    ::cog_core::schema::Field::new(
                        "strength",
                        <f32 as ::cog_core::InputValue>::schema(),
                    ),
                    ::cog_core::schema::Field::new(
                        "tags",
                        <Vec<String> as ::cog_core::InputValue>::schema(),
                    ),
                    ::cog_core::schema::Field::new(
                        "nested",
                        <Layer as ::cog_core::InputValue>::schema(),
                    ),
                    ::cog_core::schema::Field::new(
                        "by_name",
                        <HashMap<String, Path> as ::cog_core::InputValue>::schema(),
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
                image: ::cog_core::__private::ObjectDecoder::field(
                    &mut object,
                    "image",
                    <Path as ::cog_core::InputValue>::decode,
                    <Path as ::cog_core::InputValue>::absent,
                )?,
                masks: ::cog_core::__private::ObjectDecoder::field(
                    &mut object,
                    "masks",
                    <Option<Vec<cog_core::Path>> as ::cog_core::InputValue>::decode,
                    <Option<Vec<cog_core::Path>> as ::cog_core::InputValue>::absent,
                )?,
                strength: ::cog_core::__private::ObjectDecoder::field(
                    &mut object,
                    "strength",
                    <f32 as ::cog_core::InputValue>::decode,
                    <f32 as ::cog_core::InputValue>::absent,
                )?,
                tags: ::cog_core::__private::ObjectDecoder::field(
                    &mut object,
                    "tags",
                    <Vec<String> as ::cog_core::InputValue>::decode,
                    <Vec<String> as ::cog_core::InputValue>::absent,
                )?,
                nested: ::cog_core::__private::ObjectDecoder::field(
                    &mut object,
                    "nested",
                    <Layer as ::cog_core::InputValue>::decode,
                    <Layer as ::cog_core::InputValue>::absent,
                )?,
                by_name: ::cog_core::__private::ObjectDecoder::field(
                    &mut object,
                    "by_name",
                    <HashMap<String, Path> as ::cog_core::InputValue>::decode,
                    <HashMap<String, Path> as ::cog_core::InputValue>::absent,
                )?,
            })
        }
        fn visit_files(
            &mut self,
            at: &::cog_core::FieldPath<'_>,
            visit: &mut ::cog_core::__private::FileVisitor<'_>,
        ) -> ::core::result::Result<(), ::cog_core::DecodeError> {
            <Path as ::cog_core::InputValue>::visit_files(
                &mut self.image,
                &at.field("image"),
                visit,
            )?;
            <Option<
                Vec<cog_core::Path>,
            > as ::cog_core::InputValue>::visit_files(
                &mut self.masks,
                &at.field("masks"),
                visit,
            )?;
            <Layer as ::cog_core::InputValue>::visit_files(
                &mut self.nested,
                &at.field("nested"),
                visit,
            )?;
            <HashMap<
                String,
                Path,
            > as ::cog_core::InputValue>::visit_files(
                &mut self.by_name,
                &at.field("by_name"),
                visit,
            )?;
            ::core::result::Result::Ok(())
        }
    }
    #[automatically_derived]
    impl ::cog_core::Input for Edit {}
};
