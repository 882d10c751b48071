// The streaming half of a kubelet: its own code for exec, attach and port-forward, over processes of this machine.
package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/types"
	remotecommandconsts "k8s.io/apimachinery/pkg/util/remotecommand"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/kubernetes/pkg/kubelet/cri/streaming/portforward"
	remotecommandserver "k8s.io/kubernetes/pkg/kubelet/cri/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

type runtime struct{}

func (runtime) ExecInContainer(name string, uid types.UID, container string, cmd []string, in io.Reader, out, stderr io.WriteCloser, tty bool, resize <-chan remotecommand.TerminalSize, timeout time.Duration) error {
	command := exec.Command(cmd[0], cmd[1:]...)
	command.Env = []string{"PATH=/usr/bin:/bin", "HOME=/tmp", "POD=" + name, "TOKEN=" + os.Getenv("POD_TOKEN")}
	if tty {
		return runTTY(command, in, out, resize)
	}
	if in != nil {
		pipe, err := command.StdinPipe()
		if err != nil {
			return err
		}
		go func() { io.Copy(pipe, in); pipe.Close() }()
	}
	if out != nil {
		command.Stdout = out
	}
	if stderr != nil {
		command.Stderr = stderr
	}
	if err := command.Start(); err != nil {
		return err
	}
	return exit(command.Wait())
}

type exitError struct{ *exec.ExitError }

func (e exitError) Exited() bool    { return true }
func (e exitError) ExitStatus() int { return e.ExitCode() }
func (e exitError) Error() string {
	return fmt.Sprintf("command terminated with exit code %d", e.ExitCode())
}
func (e exitError) String() string { return e.Error() }

var _ utilexec.ExitError = exitError{}

func exit(err error) error {
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return exitError{ended}
	}
	return err
}

func runTTY(command *exec.Cmd, in io.Reader, out io.Writer, resize <-chan remotecommand.TerminalSize) error {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer master.Close()
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		return err
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		return err
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return err
	}
	command.Stdin, command.Stdout, command.Stderr = slave, slave, slave
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := command.Start(); err != nil {
		return err
	}
	slave.Close()
	go func() {
		for size := range resize {
			unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: size.Height, Col: size.Width})
		}
	}()
	if in != nil {
		go io.Copy(master, in)
	}
	io.Copy(out, master)
	return exit(command.Wait())
}

func (runtime) AttachContainer(name string, uid types.UID, container string, in io.Reader, out, stderr io.WriteCloser, tty bool, resize <-chan remotecommand.TerminalSize) error {
	return runtime{}.ExecInContainer(name, uid, container, []string{"/bin/sh", "-c", "echo attached; cat; echo over >&2"}, in, out, stderr, tty, resize, 0)
}

func (runtime) PortForward(name string, uid types.UID, port int32, stream io.ReadWriteCloser) error {
	defer stream.Close()
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	defer conn.Close()
	go func() { io.Copy(conn, stream); conn.(*net.TCPConn).CloseWrite() }()
	_, err = io.Copy(stream, conn)
	return err
}

func logs(w http.ResponseWriter, r *http.Request) {
	follow := r.URL.Query().Get("follow") == "true"
	flusher := w.(http.Flusher)
	for i := 0; follow || i < 3; i++ {
		line := fmt.Sprintf("line %d of a log, mail to ada@example.com\n", i)
		if _, err := io.WriteString(w, line); err != nil {
			return
		}
		flusher.Flush()
		select {
		case <-r.Context().Done():
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func main() {
	certificate, err := tls.LoadX509KeyPair(os.Args[2], os.Args[3])
	if err != nil {
		panic(err)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
		idle, creation := 4*time.Hour, 30*time.Second
		switch parts[0] {
		case "exec", "attach":
			options, err := remotecommandserver.NewOptions(r)
			if err != nil {
				http.Error(w, err.Error(), 400)
				return
			}
			if parts[0] == "exec" {
				command := r.URL.Query()["command"]
				remotecommandserver.ServeExec(w, r, runtime{}, parts[2], "", parts[3], command, options, idle, creation, remotecommandconsts.SupportedStreamingProtocols)
			} else {
				remotecommandserver.ServeAttach(w, r, runtime{}, parts[2], "", parts[3], options, idle, creation, remotecommandconsts.SupportedStreamingProtocols)
			}
		case "portForward":
			options, err := portforward.NewV4Options(r)
			if err != nil {
				http.Error(w, err.Error(), 400)
				return
			}
			portforward.ServePortForward(w, r, runtime{}, parts[2], "", options, idle, creation, portforward.SupportedProtocols)
		case "containerLogs":
			logs(w, r)
		default:
			http.NotFound(w, r)
		}
	})
	listener, err := tls.Listen("tcp", "127.0.0.1:"+os.Args[1], &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"http/1.1"}})
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	panic(http.Serve(listener, handler))
}
