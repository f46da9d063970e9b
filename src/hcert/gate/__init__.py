"""A page on this device that reads codes with a camera or a typing scanner and shows cards.

The only room that listens on a socket, on 127.0.0.1 alone. Needs the packages of `hcert[gate]`.
"""
