"""Hello-world for Cog: one prediction at a time, and many in one event loop."""

from cog import BasePredictor


class Hello(BasePredictor):
    def predict(self, text: str) -> str:
        return "hello " + text


class AsyncHello(BasePredictor):
    async def predict(self, text: str) -> str:
        return "hello " + text
