"""What operator and issuer share as services over HTTP (needs the extra `api`).

`manners`    bodies, answers and problems on FastAPI
`listening`  sockets, and the process that answers at them
"""
