"""Who carries out the tasks of the lab's Koji, and with which tools?"""
