// HTTP/1 by HttpListener; over TLS, which that does not have on Linux, by SslStream and a few lines of HTTP/1.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Tasks;

static class Server
{
    static void Main(string[] arguments)
    {
        var options = Words.Options(arguments);
        var serving = new List<Task>();
        if (options.ContainsKey("http1")) serving.Add(ServePlain(int.Parse(options["http1"])));
        if (options.ContainsKey("https1"))
            serving.Add(ServeTls(int.Parse(options["https1"]), new X509Certificate2(options["pkcs12"], "")));
        Console.WriteLine("READY");
        Task.WaitAll(serving.ToArray());
    }

    static async Task ServePlain(int port)
    {
        var listener = new HttpListener();
        listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        listener.Start();
        while (true) _ = Handle(await listener.GetContextAsync());
    }

    static async Task Handle(HttpListenerContext context)
    {
        var received = new MemoryStream();
        await context.Request.InputStream.CopyToAsync(received);
        var (status, body) = Words.Answer(context.Request.RawUrl, received.ToArray());
        context.Response.StatusCode = status;
        context.Response.ContentLength64 = body.Length;
        await context.Response.OutputStream.WriteAsync(body, 0, body.Length);
        context.Response.Close();
    }

    static async Task ServeTls(int port, X509Certificate2 certificate)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        while (true) _ = Converse(await listener.AcceptTcpClientAsync(), certificate);
    }

    static async Task Converse(TcpClient client, X509Certificate2 certificate)
    {
        using (client)
        using (var stream = new SslStream(client.GetStream()))
        {
            try
            {
                await stream.AuthenticateAsServerAsync(certificate);
                var reader = new BufferedStream(stream, 4096);
                while (await Exchange(reader, stream)) { }
            }
            catch (IOException)
            {
                // The client is gone.
            }
        }
    }

    static async Task<bool> Exchange(Stream reader, Stream writer)
    {
        var head = await ReadHead(reader);
        if (head == null) return false;
        var lines = head.Split(new[] { "\r\n" }, StringSplitOptions.None);
        var length = lines.Select(line => line.Split(':'))
            .Where(field => field[0].ToLowerInvariant() == "content-length")
            .Select(field => int.Parse(field[1])).FirstOrDefault();
        var received = new byte[length];
        for (var at = 0; at < length;) at += await reader.ReadAsync(received, at, length - at);
        var (status, body) = Words.Answer(lines[0].Split(' ')[1], received);
        var answer = Encoding.ASCII.GetBytes($"HTTP/1.1 {status} Status\r\nContent-Length: {body.Length}\r\n\r\n");
        await writer.WriteAsync(answer, 0, answer.Length);
        await writer.WriteAsync(body, 0, body.Length);
        return true;
    }

    static async Task<string> ReadHead(Stream reader)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n"))
        {
            if (await reader.ReadAsync(one, 0, 1) == 0) return null;
            head.Append((char)one[0]);
        }
        return head.ToString();
    }
}
