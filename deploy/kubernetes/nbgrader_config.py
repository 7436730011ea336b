"""nbgrader in every pod: assignments travel through ngshare. A course's own file is read last."""

from ngshare_exchange import configureExchange

c = get_config()  # noqa: F821 - nbgrader provides it
configureExchange(c, "http://ngshare.class.svc.cluster.local:8080/services/ngshare")
c.CourseDirectory.course_id = "torch_nn"
