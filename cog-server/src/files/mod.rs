//! Files that cross the network.
//!
//! `cog-core` decides which files a prediction has and where they are kept; this module only brings them here and takes them away. What
//! it promises is that no URL of a client can make the server read its own files or talk to its own neighbours, fill its disk, or wait
//! for ever, and that no target of uploads can make a prediction wait for ever.

mod fetch;
mod proxies;
mod upload;

pub(crate) use cog_core::media_type;

pub(crate) use self::fetch::{FetchConfig, HttpFetch, name_of};
pub(crate) use self::proxies::of as proxies;
pub(crate) use self::upload::{HttpPublish, UploadConfig, UploadUrl};
