"""What schemathesis has to know of our formats."""

import schemathesis
from hypothesis import strategies as st

# A file is announced as any URI. These need no network: whatever else is an URI would have the server look up names that are made up.
media_types = st.sampled_from(["", "text/plain", "image/png", "application/octet-stream"])
schemathesis.openapi.format(
    "uri",
    st.builds("data:{},{}".format, media_types, st.text("abcXYZ019-_.", max_size=16)),
)
