"""The Open Inference Protocol, version 2, over REST: another way to ask `run` what `/score` asks it.

A request's tensors become the JSON object that `/score` would be sent, and what `run` returns becomes tensors. All of
it is imported with the first request below `/v2`.

    routes ─► declaration, request ─► scoring ─► answer
"""
