"""Grading: the functions of students' folders, each folder run in a process of its own.

`python -m tinylstm.exercises --grade FOLDER...`. The process gets the random points and hands back
what the functions returned, as arrays; the comparison is made here. The limits guard against
accidents and tricks. They are no jail: code that sets out to do harm belongs in a container.
"""
